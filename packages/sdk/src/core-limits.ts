import { limits } from "@cmdop/protocol";

/** The bounds of one attachment's core. Times are milliseconds. */
export const coreLimits = {
  /** From dialing to Attached. */
  attachTimeoutMs: 10_000,
  /** A restarted relay does not know a session before its machine is back. */
  sessionMissingGraceMs: 30_000,
  /** A stream that stood this long, or brought something on, makes the next loss a first one. */
  steadyMs: 5_000,
  /** Streams in a row that broke at the same offset by skipping output. */
  violationsMax: 3,
  /** Acknowledgements of output: seldom enough to cost nothing, often enough to keep the credit open. */
  ackEveryBytes: 64 * 1024,
  /** No answer to input for this long: ask for the last number. */
  inputStallMs: 5_000,
  busyPauseMs: 100,
  moveJitterMs: 1_000,
  leaseTimeoutMs: 10_000,
  inFlightBytesMax: 256 * 1024,
  pendingBytesMax: 2 * limits.pasteBytesMax,
  pendingInputsMax: 4_096,
  frameBytesMax: limits.frameDataBytesMax,
} as const;
