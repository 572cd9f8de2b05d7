import { execFile } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type AuditEntryDraft, type AuditReport, appendEntry, parseHead } from "@cmdop/audit";
import { createControlClient } from "@cmdop/sdk";
import { waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { Agent } from "undici";
import type { Database } from "../../services/control/src/store/database.ts";
import type { Schema } from "../../services/control/src/store/schema.ts";
import type { ControlUnderTest } from "./control-under-test.ts";

export interface AuditFigures {
  readonly entries: number;
  /** Read from the database, over HTTPS, into a file. */
  readonly exportMs: number;
  /** `cmdop audit verify FILE`, the start of its process included. */
  readonly verifyMs: number;
  readonly bytes: number;
  readonly report: AuditReport;
}

const cli = path.resolve(import.meta.dirname, "../../apps/cli/bin/cmdop.mjs");

/** Fills the log, has it signed and exported by the server, and verified by the command. */
export const measureAudit = async (
  control: ControlUnderTest,
  options: { readonly entries: number },
): Promise<AuditFigures> => {
  const { home, controlOptions } = control.stack;
  await control.fill((database) => addEntries(database, options.entries));
  const api = createControlClient(controlOptions);
  // The first checkpoint after it was filled proves that it continues the one before; that is not what is measured.
  const verifierKey = await waitFor(
    async () => {
      const { data } = await api.GET("/v1/audit/checkpoints", { params: { query: { limit: 1 } } });
      return (data?.items[0]?.size ?? 0) >= options.entries ? data?.verifierKey : undefined;
    },
    { timeoutMs: 300_000, everyMs: 1_000, what: "the checkpoint of the filled log" },
  );
  const file = path.join(home, "audit.ndjson");
  const beforeMs = performance.now();
  const bytes = await exportTo(file, control);
  const exportedMs = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, "audit", "verify", file, "--key", verifierKey, "--json"],
    { env: { ...process.env, CMDOP_HOME: home }, maxBuffer: 1 << 24 },
  );
  return {
    entries: options.entries,
    exportMs: exportedMs - beforeMs,
    verifyMs: performance.now() - exportedMs,
    bytes,
    report: JSON.parse(stdout) as AuditReport,
  };
};

const exportTo = async (file: string, { stack }: ControlUnderTest): Promise<number> => {
  const ca = readFileSync(path.join(stack.home, "control", "tls", "ca.crt"), "utf8");
  const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0, connect: { ca } });
  try {
    const response = await agent.request({
      origin: stack.url,
      path: "/v1/audit/export",
      method: "GET",
      headers: { authorization: `Bearer ${stack.token}` },
    });
    if (response.statusCode !== 200) throw new Error(`the export answered ${response.statusCode}`);
    const out = createWriteStream(file, { mode: 0o600 });
    await pipeline(Readable.from(response.body), out);
    return out.bytesWritten;
  } finally {
    await agent.destroy();
  }
};

const draftOf = (number: number): AuditEntryDraft => ({
  at: new Date(1_760_000_000_000 + number * 1_000).toISOString(),
  actor: { kind: "account", id: `acc_${number % 40}`, fingerprint: "0123456789abcdef", name: "Ada Lovelace" },
  action: number % 3 === 0 ? "session.open" : "key.create",
  target: { kind: "session", id: `ses_${number}` },
  outcome: number % 10 === 0 ? "denied" : "allowed",
  requestId: `req_${number}`,
  ip: "192.0.2.7",
  client: "cmdop/0.1.0",
  body: { machine: "web-1", argv: "deploy", columns: 80, rows: 24 },
});

const entriesPerInsert = 2_000;

/** Chained as the control plane chains them, written many at a time. */
const addEntries = async (database: Database<Schema>, count: number): Promise<void> => {
  const stored = await database.kysely.selectFrom("audit_head").selectAll().executeTakeFirstOrThrow();
  let head = parseHead({ seq: Number(stored.seq), hash: stored.hash, frontier: stored.frontier });
  while (head.seq < count) {
    const drafts = Array.from({ length: Math.min(entriesPerInsert, count - head.seq) }, (_, index) =>
      draftOf(head.seq + 1 + index),
    );
    const rows = drafts.map((draft) => {
      const appended = appendEntry(head, draft);
      head = appended.head;
      const { seq, at, actor, action, target, outcome, requestId } = appended.entry;
      return {
        ...{ seq, at, actor_kind: actor.kind, actor_id: actor.id, action, outcome, request_id: requestId },
        ...{ target_kind: target?.kind, target_id: target?.id, fingerprint: actor.fingerprint },
        ...{ entry: appended.canonical, hash: appended.hash },
      };
    });
    await database.transaction(async (tx) => {
      await sql`
        insert into audit_entries (
          seq, at, actor_kind, actor_id, action, outcome, request_id, target_kind, target_id, fingerprint, entry, hash
        )
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as rows (
          seq bigint, at timestamptz, actor_kind text, actor_id text, action text, outcome text, request_id text,
          target_kind text, target_id text, fingerprint text, entry text, hash text
        )`.execute(tx);
      await tx
        .updateTable("audit_head")
        .set({ seq: head.seq, hash: head.hash, frontier: JSON.stringify(head.frontier) })
        .execute();
    });
  }
  await sql`analyze audit_entries`.execute(database.kysely);
};
