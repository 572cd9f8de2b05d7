import { execFile } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { AuditReport } from "@cmdop/audit";
import { createControlClient } from "@cmdop/sdk";
import { waitFor } from "@cmdop/testkit";
import { Agent } from "undici";
import { addEntries } from "../../services/control/src/testing/bulk-rows.ts";
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
