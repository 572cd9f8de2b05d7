export type { CallEvents, CallStatus, ClientCall, Peer, RawCallEvents, ServerCall } from "./call.ts";
export {
  type CallOptions,
  type Channel,
  type ChannelOptions,
  type ChannelTls,
  openChannel,
  type UnaryResponse,
} from "./channel.ts";
export { createHealth, type HealthService } from "./health.ts";
export { emptyMetadata, type Metadata, metadataText, toMetadata } from "./metadata.ts";
export { createReflection } from "./reflection.ts";
export {
  createGrpcServer,
  type GrpcListener,
  type GrpcServer,
  type GrpcServerOptions,
  type ListenOptions,
  type Method,
  type MethodOptions,
  type Methods,
  type ServerEvents,
  type ServerTls,
} from "./server.ts";
export { fromCallStatus, type StatusCode, toCallStatus } from "./status.ts";
export { pinOf } from "./tls.ts";
export type { TransportOptions } from "./transport.ts";
export { pathOf, serveStream, serveUnary, unaryCall } from "./typed.ts";
