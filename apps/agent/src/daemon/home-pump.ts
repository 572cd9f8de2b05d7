import type { Socket } from "node:net";
import type { Failure } from "@cmdop/base";
import { type ClientCall, fromCallStatus } from "@cmdop/protocol/grpc";

/** `host` ended it; or the relay did, with OK (it needs the home no more) or for a reason. */
export type HomeEnd =
  | { readonly by: "host" }
  | { readonly by: "relay"; readonly failure: Failure | undefined };

const lastWordMs = 2_000;

/**
 * Carries bytes between a session's home at the session host and its Home stream at the relay, until one of them
 * ends, and then ends the other. Both sides speak the same framed messages, so nothing is looked into, copied or
 * held here: a side that does not read stops the other at once, each way by itself.
 */
export const pumpHome = (socket: Socket, call: ClientCall): Promise<HomeEnd> =>
  new Promise((resolve) => {
    let end: HomeEnd | undefined;
    let lastWord: NodeJS.Timeout | undefined;

    const hostEnded = (): void => {
      if (end) return;
      end = { by: "host" };
      // What the host said last is still on its way to the relay; then the relay ends the stream.
      call.end();
      lastWord = setTimeout(() => call.cancel(), lastWordMs);
    };

    call.handleRaw({
      bytes: (chunk) => {
        if (!socket.write(chunk)) call.pause();
      },
      drain: () => socket.resume(),
      close: (status) => {
        clearTimeout(lastWord);
        end ??= { by: "relay", failure: status.code === "OK" ? undefined : fromCallStatus(status) };
        // The host still gets what the relay sent before it ended the stream.
        socket.destroySoon();
        resolve(end);
      },
    });
    socket.on("data", (chunk: Buffer) => {
      if (!call.sendFramed(chunk)) socket.pause();
    });
    socket.on("drain", () => call.resume());
    socket.on("end", hostEnded);
    // An error is always followed by close.
    socket.on("error", () => {});
    socket.on("close", hostEnded);
    socket.resume();
  });
