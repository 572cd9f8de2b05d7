import type { Operation } from "../../operation.ts";
import { exportAudit, exportFleetAudit } from "./export-audit.ts";
import { listAuditCheckpoints } from "./list-audit-checkpoints.ts";
import { listAudit, listFleetAudit } from "./list-audit-entries.ts";
import { proveAuditConsistency } from "./prove-audit-consistency.ts";
import { proveAuditEntry, proveFleetAuditEntry } from "./prove-audit-entry.ts";

export const auditOperations: readonly Operation[] = [
  listFleetAudit,
  listAudit,
  proveFleetAuditEntry,
  proveAuditEntry,
  proveAuditConsistency,
  exportFleetAudit,
  exportAudit,
  listAuditCheckpoints,
];
