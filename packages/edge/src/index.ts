export type { WitnessAlarm, WitnessStats } from "./checkpoint-witness.ts";
export {
  type ActiveAnswer,
  type EventBatch,
  type EventReceipt,
  eventBatchSchema,
  eventReceiptSchema,
  type FeedHeartbeat,
  type FleetSnapshot,
  fleetSnapshotSchema,
  type InactiveAnswer,
  type IntrospectAnswer,
  type IntrospectRequest,
  internalLimits,
  internalPaths,
  internalPortDefault,
  introspectAnswerSchema,
  introspectRequestSchema,
  type LatestCheckpoint,
  latestCheckpointSchema,
  logCompactedSchema,
  type OutagePolicy,
  type OwnModel,
  type OwnProvider,
  parseEdgeEvent,
  type RelayPart,
  type RevocationRow,
  type RouterPart,
} from "./contract.ts";
export {
  type DenialEvent,
  type EdgeEvent,
  type EdgeStartedEvent,
  type EventParty,
  type LostEvent,
  type MachineEvent,
  machineSessionsMax,
  type SessionEvent,
  type TokenUseEvent,
  type UsageSettlement,
} from "./contract-events.ts";
export { readControlAccess } from "./control-access.ts";
export { createControlAuthority } from "./control-authority.ts";
export { type ControlClient, type ControlClientOptions, createControlClient } from "./control-client.ts";
export { type Edge, type EdgeLogEvents, type EdgeOptions, type EdgeStats, openEdge } from "./edge.ts";
export type { TokenVerdict } from "./introspection-cache.ts";
