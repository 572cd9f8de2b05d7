// The export for spreadsheets. It is for reading: what proves something is the NDJSON form.
import type { HashedEntry } from "./export-lines.ts";

const columns = [
  "seq",
  "at",
  "actor_kind",
  "actor_id",
  "actor_name",
  "actor_fingerprint",
  "action",
  "target_kind",
  "target_id",
  "fleet",
  "outcome",
  "reason",
  "request_id",
  "ip",
  "client",
  "before",
  "after",
  "body",
  "hash",
] as const;

// Spreadsheets take a cell that begins so for a formula (OWASP, "CSV Injection"); some skip spaces before it, and
// full-width forms count too. An apostrophe makes it text.
const formula = /^[\s\u0000]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]/u;

const toCell = (value: string | number | undefined): string => {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = formula.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
};

/** The header line, with its CRLF (RFC 4180). */
export const csvHeader = `${columns.join(",")}\r\n`;

/** The line of an entry, with its CRLF. Text that a spreadsheet would run as a formula gets an apostrophe. */
export const formatCsvLine = ({ entry, hash }: HashedEntry): string => {
  const { actor, target } = entry;
  const cells: Readonly<Record<(typeof columns)[number], string | number | undefined>> = {
    seq: entry.seq,
    at: entry.at,
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    actor_fingerprint: actor.fingerprint,
    action: entry.action,
    target_kind: target?.kind,
    target_id: target?.id,
    fleet: entry.fleet,
    outcome: entry.outcome,
    reason: entry.reason,
    request_id: entry.requestId,
    ip: entry.ip,
    client: entry.client,
    before: entry.before,
    after: entry.after,
    body: JSON.stringify(entry.body),
    hash,
  };
  return `${columns.map((column) => toCell(cells[column])).join(",")}\r\n`;
};
