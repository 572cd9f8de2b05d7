// An export of a control plane that runs and is written to, read into other databases.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import { TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

const root = path.resolve(import.meta.dirname, "../../../..");

const cmdop = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
  const terminal = openTestTerminal({ PATH: process.env.PATH ?? "", ...env }, { input: "", root });
  const code = await terminal.run("control", ...args);
  return { code, ...terminal.texts };
};

interface Exported {
  readonly text: string;
  /** The rows of a table, by its columns. */
  rows(table: string): readonly Readonly<Record<string, string | null>>[];
}

const readExport = (file: string): Exported => {
  const text = readFileSync(file, "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return {
    text,
    rows: (table) => {
      const at = lines.findIndex((line) => line.table === table);
      const end = lines.findIndex((line, index) => index > at && !Array.isArray(line));
      const columns: readonly string[] = lines[at].columns;
      return lines
        .slice(at + 1, end)
        .map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
    },
  };
};

describe.skipIf(!TemporaryPostgres.isInstalled())("an export of a control plane that runs", () => {
  let postgres: TemporaryPostgres;
  let away: string;
  beforeAll(async () => {
    postgres = await TemporaryPostgres.start();
    away = mkdtempSync(path.join(tmpdir(), "cmdop-export-"));
  }, 60_000);
  afterAll(async () => {
    await postgres.close();
    rmSync(away, { recursive: true, force: true });
  });

  /** Writes until it is told to stop; gives how many were answered. */
  const writeAllTheWhile = (fixture: ControlFixture, { token }: TestAccount) => {
    let isOver = false;
    let answered = 0;
    const write = async (writer: number): Promise<void> => {
      for (let number = 0; !isOver; number += 1) {
        const body = { name: `fleet ${number}`, slug: `fleet-${writer}-${number}` };
        expect((await fixture.ask("POST", "/v1/fleets", { token, body })).status).toBe(201);
        answered += 1;
      }
    };
    const running = Promise.all([write(1), write(2)]);
    return {
      answered: () => answered,
      stop: async () => {
        isOver = true;
        await running;
        return answered;
      },
    };
  };

  it.each(["pglite", "postgres"] as const)(
    "is one consistent state of %s under writes, for the other database",
    async (engine) => {
      const databaseUrl =
        engine === "postgres" ? postgres.tcpUrl(await postgres.createDatabase()) : undefined;
      const fixture = await ControlFixture.open({
        databaseUrl,
        rateLimits: { enter: async () => undefined },
      });
      try {
        const ada = await fixture.addAccount("ada", "owner");
        // They stand between the audit log and the fleets: an export that is not of one moment sees more of the latter.
        const streams = Array.from({ length: 6_000 }, (_, number) => ({
          edge: `edg_${number}`,
          stream: "stream",
          acked: number,
          updated_at: new Date(),
        }));
        await fixture.change((tx) => tx.db.insertInto("edge_streams").values(streams).execute());
        const writes = writeAllTheWhile(fixture, ada);
        await waitFor(() => writes.answered() > 3, { what: "the first writes" });
        const file = path.join(away, `${engine}.export`);
        // The database is not named: the control plane knows where it is.
        const made = await cmdop(["export", "--out", file], { CMDOP_HOME: fixture.home });
        expect([made.code, made.error]).toEqual([0, expect.stringMatching(/^Exported \d+ rows, sha256 /)]);
        expect(statSync(file).mode & 0o777).toBe(0o600);
        const atExport = writes.answered();
        await waitFor(() => writes.answered() > atExport + 3, { what: "writes after it" });
        const all = await writes.stop();

        const exported = readExport(file);
        const fleets = exported.rows("fleets").length;
        expect(fleets).toBeGreaterThan(3);
        expect(fleets).toBeLessThan(all);
        const entries = exported.rows("audit_entries");
        expect(entries.filter(({ action }) => action === "fleet.create").length).toBe(fleets);
        expect(exported.rows("audit_head")[0]?.seq).toBe(String(entries.length));
        expect(entries.filter(({ action }) => action === "control.export").length).toBe(1);
        expect(readdirSync(path.join(fixture.home, "control"))).not.toContain("export.tmp");

        const refused = await cmdop(["import", "--in", file], { CMDOP_HOME: fixture.home });
        expect([refused.code === 0, refused.error]).toEqual([
          false,
          expect.stringMatching(
            /cannot import into a control plane that runs[\s\S]+not empty[\s\S]+another CMDOP_HOME/,
          ),
        ]);

        // Into the other engine: into its own is what a backup is, and proved beside it.
        const home = path.join(away, `moved-${engine}`);
        mkdirSync(home);
        const env = {
          CMDOP_HOME: home,
          ...(engine === "pglite" && {
            CMDOP_DATABASE_URL: postgres.tcpUrl(await postgres.createDatabase()),
          }),
        };
        expect(await cmdop(["import", "--in", file], env)).toMatchObject({ code: 0 });
        const again = path.join(away, `${engine}-again.export`);
        expect(await cmdop(["export", "--out", again], env)).toMatchObject({ code: 0 });
        expect(readExport(again).text === exported.text).toBe(true);
      } finally {
        await fixture.close();
      }
    },
    180_000,
  );

  it("is for whoever has its directory alone, and one at a time is written", async () => {
    const fixture = await ControlFixture.open();
    try {
      const { token } = await fixture.addAccount("ada", "owner");
      expect((await fixture.ask("POST", "/local/v1/export", { token })).status).toBe(404);
      const files = ["one", "two"].map((name) => path.join(away, `${name}.export`));
      const codes = await Promise.all(
        files.map(
          async (file) => (await cmdop(["export", "--out", file], { CMDOP_HOME: fixture.home })).code,
        ),
      );
      // Either they did not meet, or one was told of the other.
      expect(codes.filter((code) => code === 0).length).toBeGreaterThan(0);
      const socket = path.join(fixture.home, "control", "control.sock");
      expect(await askLocalControl(socket, "GET", "/local/v1/status")).toMatchObject({ engine: "pglite" });
    } finally {
      await fixture.close();
    }
  });
});
