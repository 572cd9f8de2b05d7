// The session host's protocol (proto/cmdop/host/v1/host.proto): spoken on its Unix socket, never on the network.
export {
  type CloseRequest,
  type ForgetRequest,
  type HostReply,
  HostReplySchema,
  type HostRequest,
  HostRequestSchema,
  type HostState,
  HostStateSchema,
  type ListRequest,
  type OpenRequest,
  type StopRequest,
  type SubscribeRequest,
} from "./generated/cmdop/host/v1/host_pb.ts";
