import { Failure } from "@cmdop/base";
import { limits, OperatorService } from "@cmdop/protocol";
import { type Method, type ServerCall, serveStream } from "@cmdop/protocol/grpc";
import { AttachStream } from "../../attach-stream.ts";
import { firstMessageMs, type RelayContext } from "../../relay-context.ts";
import { bearerToken } from "./bearer.ts";
import { createCallSink } from "./call-sink.ts";

/** OperatorService/Attach: the ticket in the metadata, the attach frame first. */
export const serveAttach = (context: RelayContext): [path: string, method: Method] =>
  serveStream(
    OperatorService.method.attach,
    async (call: ServerCall) => {
      const { address } = call.peer;
      const sink = createCallSink(call, context.counters);
      let stream: AttachStream;
      try {
        // Nothing of the call is read before the ticket is verified.
        const grant = await context.authority.verify("session", bearerToken(call.metadata));
        if (call.signal.aborted) return;
        call.authenticated();
        stream = new AttachStream(context, grant, sink, address);
      } catch (cause) {
        const failure = cause instanceof Failure ? cause : new Failure("internal", undefined, { cause });
        context.log.refused("attach", address, failure);
        sink.end(failure);
        return;
      }
      const cancelTimer = context.clock.after(firstMessageMs, () => {
        if (!stream.isAttached)
          stream.fail(new Failure("timed_out", "The attach frame did not come in time."));
      });
      call.handle({
        message: (message, framed) => stream.message(message, () => framed),
        // Who says nothing more has nothing more to acknowledge: that is how a client detaches.
        end: () => {
          stream.closed();
          sink.end(undefined);
        },
        close: () => {
          cancelTimer();
          stream.closed();
        },
      });
    },
    { unauthenticatedBytesMax: limits.unauthenticatedBytesMax },
  );
