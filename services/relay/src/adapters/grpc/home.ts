import { Failure, isSessionId, toFailure } from "@cmdop/base";
import { AgentService, decodeFrame, limits, peekFrame } from "@cmdop/protocol";
import { type Method, metadataText, type ServerCall, serveStream } from "@cmdop/protocol/grpc";
import type { HomeHandle } from "../../ports.ts";
import { firstMessageMs, type RelayContext } from "../../relay-context.ts";
import { parseHomeFrame } from "../../wire/home-frames.ts";
import { fromFault } from "../../wire/link-frames.ts";
import { bearerToken } from "./bearer.ts";
import { createCallSink } from "./call-sink.ts";

/** AgentService/Home: one session's frames, with the token of the order that asked for it. Hello comes first. */
export const serveHome = (context: RelayContext): [path: string, method: Method] => {
  const { core, counters } = context;
  const onRefusal = (refusal: string): void => counters.inputRefused(refusal);

  const handler = (call: ServerCall): void => {
    const sink = createCallSink(call, counters);
    const sessionId = metadataText(call.metadata, "cmdop-session") ?? "";
    const token = bearerToken(call.metadata);
    const opened =
      token === undefined || !isSessionId(sessionId)
        ? new Failure("unauthenticated")
        : core.home(sessionId, token, sink);
    if (opened instanceof Failure) {
      context.log.refused("home", call.peer.address, opened);
      sink.end(opened);
      return;
    }
    call.authenticated();
    listen(call, opened, (failure) => {
      context.log.refused("home", call.peer.address, failure);
      sink.end(failure);
    });
  };

  const listen = (call: ServerCall, handle: HomeHandle, end: (failure: Failure) => void): void => {
    let isGreeted = false;
    let isOver = false;
    const close = (): void => {
      isOver = true;
      cancelTimer();
      handle.closed();
    };
    const fail = (cause: unknown): void => {
      if (isOver) return;
      close();
      end(toFailure(cause));
    };
    const cancelTimer = context.clock.after(firstMessageMs, () => {
      if (!isGreeted) fail(new Failure("timed_out", "The hello did not come in time."));
    });

    const receive = (message: Buffer, framed: Buffer): void => {
      const peeked = peekFrame(message);
      if (!isGreeted) {
        if (peeked.body !== "hello") {
          throw new Failure("unexpected_message", "The first frame of a home is hello.");
        }
        isGreeted = true;
      } else if (peeked.body === "output") {
        handle.output(peeked.offset, peeked.offset + peeked.dataLength, framed);
        return;
      } else if (peeked.body === "hello") {
        throw new Failure("unexpected_message", "A home says hello once.");
      }
      if (peeked.body === "fault") {
        // The host refused a request or is about to end the stream: whoever waits for it has a deadline.
        const { body } = decodeFrame(message);
        if (body.case === "fault") context.log.refused("home", call.peer.address, fromFault(body.value));
        return;
      }
      const event = parseHomeFrame(message, framed, onRefusal);
      if (event !== undefined) handle.receive(event);
    };

    call.handle({
      message: (message, framed) => {
        if (isOver) return;
        counters.bytesIn += framed.length;
        try {
          receive(message, framed);
        } catch (cause) {
          fail(cause);
        }
      },
      end: () => {
        if (isOver) return;
        close();
        call.finish();
      },
      close,
    });
  };

  return serveStream(AgentService.method.home, handler, {
    unauthenticatedBytesMax: limits.unauthenticatedBytesMax,
  });
};
