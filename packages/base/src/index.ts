export { Backoff, type BackoffPolicy, redialPolicy } from "./backoff.ts";
export { ChunkArena } from "./chunk-arena.ts";
export { type Clock, latestWallMs, systemClock } from "./clock.ts";
export { toDisplayText } from "./display-text.ts";
export {
  Failure,
  type FailureCode,
  type FailureRow,
  failureTable,
  type GrpcStatusName,
  isFailureCode,
  toFailure,
} from "./failures.ts";
export {
  type AttachmentId,
  isAttachmentId,
  isId,
  isMachineId,
  isSessionId,
  type MachineId,
  newAttachmentId,
  newId,
  newMachineId,
  newSessionId,
  randomBase62,
  type SessionId,
} from "./ids.ts";
export { type Random, systemRandom } from "./random.ts";
export { Scope } from "./scope.ts";
