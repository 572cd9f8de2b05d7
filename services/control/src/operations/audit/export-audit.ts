// An export is a decision like any other: it is an entry of the log that it exports.
import { Readable } from "node:stream";
import { z } from "zod";
import { type Answer, requireMembership, type WriteCall, writeOperation } from "../../operation.ts";
import type { AuditFilter } from "../../store/audit/audit-entries.ts";
import { exportCsv, exportLines } from "../../store/audit/audit-export.ts";
import { latestCheckpoint, readAuditHead } from "../../store/audit/checkpoints.ts";
import type { RowScope, UnitOfWork } from "../../store/unit-of-work.ts";
import { auditFilterQuery } from "./audit-view.ts";

const types = { ndjson: "application/x-ndjson", csv: "text/csv; charset=utf-8" } as const;
const query = z.object({
  ...auditFilterQuery,
  format: z.enum(["ndjson", "csv"]).default("ndjson"),
});
const description =
  "Streamed, the oldest first. The header cmdop-audit-verifiable says whether it is whole: then it holds signed " +
  "checkpoints and can be verified without this server. One with filters has gaps and can only be read.";
const shared = {
  method: "GET",
  tag: "Audit",
  description,
  perMinute: 10,
  answers: { 200: z.string() },
  produces: ["application/x-ndjson", "text/csv"],
} as const;

interface Wanted {
  readonly scope: RowScope;
  readonly filter: AuditFilter;
  readonly format: keyof typeof types;
}

const startExport = (
  { tx, services }: Pick<WriteCall, "tx" | "services">,
  { scope, filter, format }: Wanted,
): Answer => {
  const { fleetId, ...rest } = filter;
  const used = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  tx.audit({
    action: "audit.export",
    ...(fleetId === undefined ? {} : { fleet: fleetId }),
    body: { format, filter: used },
  });
  const isVerifiable = format === "ndjson" && Object.values(filter).every((value) => value === undefined);
  const { unitOfWork, auditLog } = services;
  const file = (async function* () {
    // The export's own entry is committed when this is read, so what is signed now covers it. A log that its key
    // refuses to sign is exported all the same: somebody has to see what is wrong with it.
    const isSigned = await auditLog.sign().then(
      () => true,
      () => false,
    );
    const upTo = await endOfExport(unitOfWork, isSigned);
    const options = { unitOfWork, scope, filter, upTo, hasCheckpoints: isVerifiable };
    yield* format === "csv" ? exportCsv(options) : exportLines(options);
  })();
  return {
    status: 200,
    body: Readable.from(file),
    headers: {
      "content-type": types[format],
      "content-disposition": `attachment; filename="audit.${format}"`,
      "cmdop-audit-verifiable": isVerifiable ? "yes" : "no",
    },
  };
};

const endOfExport = (unitOfWork: UnitOfWork, isSigned: boolean): Promise<number> =>
  unitOfWork.read("all", async (db) => {
    const signed = isSigned ? await latestCheckpoint(db) : undefined;
    return signed?.size ?? (await readAuditHead(db)).seq;
  });

export const exportFleetAudit = writeOperation({
  ...shared,
  id: "exportFleetAudit",
  path: "/v1/fleets/{fleet}/audit/export",
  summary: "What was done in the fleet, as a file",
  access: { kind: "fleet", right: "audit:export" },
  params: z.object({ fleet: z.string().max(64) }),
  query,
  handle: async ({ query: { format, ...filter }, tx, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    return startExport({ tx, services }, { scope: [fleetId], filter: { ...filter, fleetId }, format });
  },
});

export const exportAudit = writeOperation({
  ...shared,
  id: "exportAudit",
  path: "/v1/audit/export",
  summary: "The whole audit log as a file, or a part of it",
  access: { kind: "installation", right: "installation:audit" },
  query: query.extend({ fleet: z.string().min(1).max(64).optional().describe("Of one fleet, by id") }),
  handle: async ({ query: { format, fleet, ...filter }, tx, services }) =>
    startExport({ tx, services }, { scope: "all", filter: { ...filter, fleetId: fleet }, format }),
});
