import { toFailure } from "@cmdop/base";
import type { CallEvents, ClientCall, RawCallEvents } from "./call.ts";
import { fromCallStatus, toCallStatus } from "./status.ts";

/** A call that was over before it began; it behaves as any other that ended with this failure. */
export const endedCall = (path: string, cause: unknown): ClientCall => {
  const status = toCallStatus(toFailure(cause));
  const headers = Promise.reject<never>(fromCallStatus(status));
  headers.catch(() => {});
  const handle = (events: CallEvents | RawCallEvents): void => {
    queueMicrotask(() => events.close?.(status));
  };
  return {
    path,
    headers,
    status: Promise.resolve(status),
    signal: AbortSignal.abort(),
    bufferedBytes: 0,
    handle,
    handleRaw: handle,
    pause: () => {},
    resume: () => {},
    send: () => false,
    sendFramed: () => false,
    end: () => {},
    cancel: () => {},
  };
};
