import type { ServerCall } from "@cmdop/protocol/grpc";
import type { Counters } from "../../counters.ts";
import type { FrameSink } from "../../ports.ts";

/** A call as the core's sink. Framed bytes go out as they are: what every attachment gets is the same buffer. */
export const createCallSink = (call: ServerCall, counters: Counters): FrameSink => ({
  get bufferedBytes() {
    return call.bufferedBytes;
  },
  send: (framed) => {
    counters.bytesOut += framed.length;
    call.sendFramed(framed);
  },
  end: (failure) => {
    if (failure === undefined) call.finish();
    else {
      counters.fault(failure.code);
      call.fail(failure);
    }
  },
});
