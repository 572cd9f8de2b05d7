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
export type {
  AuditActor,
  AuditEntry,
  AuditEntryDraft,
  AuditOutcome,
  AuditTarget,
} from "./entry.ts";
export { canonicalDepthMax, entryBytesMax } from "./limits.ts";
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
export { type Hash, isHash, zeroHash } from "./sha256.ts";
