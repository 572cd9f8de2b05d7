// grpc.health.v1: what load balancers and `grpc_health_probe` ask.

import type { DescService } from "@bufbuild/protobuf";
import { Failure } from "@cmdop/base";
import { decodeMessage, encodeFramed } from "../codec/messages.ts";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../generated/grpc/health/v1/health_pb.ts";
import type { ServerCall } from "./call.ts";
import type { Method } from "./server-options.ts";
import { serveStream, serveUnary } from "./typed.ts";

export interface HealthService {
  /** Entries for `methods`. */
  readonly methods: readonly [path: string, method: Method][];
  /** For reflection: a tool asks there how to ask here. */
  readonly service: DescService;
  /** The empty name is the server as a whole. Watchers are told of changes. */
  set(service: string, isServing: boolean): void;
}

// A request names one service.
const requestBytesMax = 4_096;

/** Every service in `names`, and the server as a whole, begins as serving. */
export const createHealth = (names: readonly string[]): HealthService => {
  const serving = new Map(["", ...names].map((name) => [name, true]));
  const watchers = new Map<ServerCall, string>();

  const statusOf = (service: string): Status => {
    const isServing = serving.get(service);
    if (isServing === undefined) return Status.SERVICE_UNKNOWN;
    return isServing ? Status.SERVING : Status.NOT_SERVING;
  };

  const tell = (call: ServerCall, service: string): void => {
    call.sendFramed(encodeFramed(HealthCheckResponseSchema, { status: statusOf(service) }));
  };

  const check = serveUnary(
    Health.method.check,
    ({ service }) => {
      // NOT_FOUND is what the protocol asks for; the failure table's row for it speaks of sessions.
      if (!serving.has(service)) throw new Failure("session_not_found", "There is no such service.");
      return { status: statusOf(service) };
    },
    { messageBytesMax: requestBytesMax },
  );

  const watch = serveStream(
    Health.method.watch,
    (call) =>
      call.handle({
        message: (message) => {
          if (watchers.has(call)) throw new Failure("unexpected_message", "A watch takes one request.");
          const { service } = decodeMessage(HealthCheckRequestSchema, message);
          watchers.set(call, service);
          tell(call, service);
        },
        close: () => watchers.delete(call),
      }),
    { messageBytesMax: requestBytesMax },
  );

  return {
    methods: [check, watch],
    service: Health,
    set: (service, isServing) => {
      if (serving.get(service) === isServing) return;
      serving.set(service, isServing);
      for (const [call, watched] of watchers) if (watched === service) tell(call, service);
    },
  };
};
