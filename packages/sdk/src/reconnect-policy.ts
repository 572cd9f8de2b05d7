import type { Failure, FailureCode } from "@cmdop/base";

// Which ends of a stream are for good. A code that is not known here follows the failure table.

const comesBack: ReadonlySet<FailureCode> = new Set<FailureCode>([
  // The connection was cut in the middle of something, or the relay had a bad moment.
  "truncated_message",
  "internal",
  // Cut off by the other side; our own cancelling is never heard of again.
  "cancelled",
]);

/** Whether dialing again can help without somebody's doing something. */
export const canTryAgain = (failure: Failure): boolean =>
  failure.row.retryable || comesBack.has(failure.code);

/** A relay that has just started answers so until the session's machine is back. */
export const isSessionMissing = (failure: Failure): boolean =>
  failure.code === "session_not_found" || failure.code === "machine_not_found";
