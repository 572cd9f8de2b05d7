export type { CallEvents, CallStatus, ClientCall, Peer, RawCallEvents, ServerCall } from "./call.ts";
export type { CallOptions, Channel, ChannelOptions, ChannelTls, UnaryResponse } from "./channel.ts";
export { createHealth, type HealthService } from "./health.ts";
export { emptyMetadata, type Metadata, metadataText, toMetadata } from "./metadata.ts";
export { openChannel } from "./open-channel.ts";
export { createReflection } from "./reflection.ts";
export {
  createGrpcServer,
  type GrpcListener,
  type GrpcServer,
  type ListenOptions,
  type ServerTls,
} from "./server.ts";
export type { GrpcServerOptions, Method, MethodOptions, Methods, ServerEvents } from "./server-options.ts";
export { fromCallStatus, type StatusCode, toCallStatus } from "./status.ts";
export { openTls, pinOf } from "./tls.ts";
export type { TransportOptions } from "./transport.ts";
export { pathOf, serveStream, serveUnary, unaryCall } from "./typed.ts";
