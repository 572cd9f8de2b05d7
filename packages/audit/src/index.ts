export type { AuditProblem, AuditProblemKind, AuditReport } from "./audit-report.ts";
export { canonicalJson, type Json } from "./canonical-json.ts";
export {
  type AppendedEntry,
  type AuditHead,
  appendEntry,
  emptyHead,
  hashCanonical,
  hashEntry,
  headFrontier,
  headRoot,
  parseHead,
} from "./chain.ts";
export {
  type CheckedCheckpoint,
  type Checkpoint,
  type CheckpointCheck,
  type CheckpointTrust,
  checkCheckpoint,
  checkpointText,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
export { csvHeader, formatCsvLine } from "./csv.ts";
export type {
  AuditActor,
  AuditEntry,
  AuditEntryDraft,
  AuditOutcome,
  AuditTarget,
} from "./entry.ts";
export {
  formatCanonicalEntryLine,
  formatCheckpointLine,
  formatEntryLine,
  formatStartLine,
  type HashedEntry,
  parseExportLine,
} from "./export-lines.ts";
export { canonicalDepthMax, entryBytesMax, lineBytesMax, problemsMax } from "./limits.ts";
export {
  type ConsistencyClaim,
  frontierSubtrees,
  type HashSource,
  type InclusionClaim,
  leavesPerRead,
  proveConsistency,
  proveInclusion,
  readFrontier,
  type Subtree,
  verifyConsistency,
  verifyInclusion,
  withSubtrees,
} from "./merkle-proofs.ts";
export {
  appendLeaf,
  countSubtrees,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  frontierRoot,
  leafHash,
  nodeHash,
  parseFrontier,
  TreeBuilder,
} from "./merkle-tree.ts";
export { type SealedSegment, sealSegment } from "./seal.ts";
export { type Hash, isHash, zeroHash } from "./sha256.ts";
export {
  cosignNote,
  createNoteVerifier,
  formatVerifierKey,
  type NoteSigner,
  type NoteVerifier,
  parseVerifierKey,
  type SignatureType,
} from "./signed-note.ts";
export { splitLines } from "./split-lines.ts";
export { type VerifyOptions, verifyChain, type WitnessMemory } from "./verify-chain.ts";
export {
  type AuditProof,
  type ConsistencyProof,
  type EntryProof,
  type ProofReport,
  parseProof,
  verifyConsistencyProof,
  verifyEntryProof,
} from "./verify-proof.ts";
export {
  type CheckpointOffer,
  formatWitnessState,
  offerCheckpoint,
  parseWitnessState,
  type WitnessRefusal,
  type WitnessResult,
  type WitnessState,
  witnessSize,
} from "./witness.ts";
