// The second fence alone: what a transaction of a tenant sees and writes when no decision stands in front of it.
import { TemporaryPostgres } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture } from "../testing/control-fixture.ts";
import type { RowScope, UnitOfWork } from "./unit-of-work.ts";

describe.each(["embedded", "postgres"] as const)("row-level security (%s)", (engine) => {
  let postgres: TemporaryPostgres | undefined;
  let fixture: ControlFixture;
  let unitOfWork: UnitOfWork;
  let mine: string;
  let foreign: string;
  /** Tables with a fleet_id that have row-level security. */
  let tables: readonly string[];

  const count = (scope: RowScope, table: string): Promise<number> =>
    unitOfWork.read(scope, async (db) => {
      const column = table === "fleets" ? "id" : "fleet_id";
      const { rows } = await sql<{ n: string }>`
        select count(*) as n from ${sql.table(table)} where ${sql.ref(column)} = ${foreign}
      `.execute(db);
      return Number(rows[0]?.n);
    });

  const change = (scope: RowScope, statement: ReturnType<typeof sql>): Promise<bigint | undefined> =>
    unitOfWork.write(scope, { kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
      tx.audit({ action: "test.change", body: {} });
      return (await statement.execute(tx.db)).numAffectedRows;
    });

  beforeAll(async () => {
    if (engine === "postgres") postgres = await TemporaryPostgres.start();
    fixture = await ControlFixture.open(
      postgres ? { databaseUrl: postgres.url(await postgres.createDatabase()) } : {},
    );
    unitOfWork = fixture.control.services.unitOfWork;
    const owner = await fixture.addAccount("ada", "owner");
    const newFleet = async (slug: string): Promise<string> => {
      const made = await fixture.ask("POST", "/v1/fleets", {
        token: owner.token,
        body: { name: slug, slug },
      });
      const at = `/v1/fleets/${slug}`;
      const fill = async (path: string, body: unknown) => {
        const answer = await fixture.ask("POST", `${at}/${path}`, { token: owner.token, body });
        expect(answer.status).toBe(201);
      };
      await fill("keys", { name: "ci" });
      await fill("service-accounts", { name: "bot" });
      await fill("roles", { name: "deployer", rights: ["fleet:read"] });
      await fill("invitations", { email: `guest@${slug}.example.org` });
      await fixture.addMachines(made.body.id, ["web"]);
      return made.body.id;
    };
    mine = await newFleet("mine");
    foreign = await newFleet("foreign");
    tables = await unitOfWork.read("all", async (db) => {
      const { rows } = await sql<{ name: string }>`
        select distinct tablename as name from pg_policies where schemaname = 'public' order by 1
      `.execute(db);
      return rows.map(({ name }) => name);
    });
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    await postgres?.close();
  });

  it("stands before every table whose rows belong to a fleet", async () => {
    const unguarded = await unitOfWork.read("all", async (db) => {
      const { rows } = await sql<{ name: string }>`
        select c.relname as name from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'fleet_id' and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity
      `.execute(db);
      return rows.map(({ name }) => name);
    });
    expect(unguarded).toEqual([]);
  });

  it("hides the rows of other fleets, which are there", async () => {
    const filled = [
      "fleets",
      "memberships",
      "credentials",
      "service_accounts",
      "roles",
      "invitations",
      "machines",
      "audit_entries",
    ];
    expect(tables).toEqual(expect.arrayContaining(filled));
    for (const table of filled) expect([table, (await count("all", table)) > 0]).toEqual([table, true]);
    for (const table of tables) expect([table, await count([mine], table)]).toEqual([table, 0]);
    for (const table of tables) expect([table, await count([], table)]).toEqual([table, 0]);
  });

  it("holds for a statement that has come so often that the engine kept its plan", async () => {
    const seen = async (scope: RowScope): Promise<number> => await count(scope, "machines");
    for (let round = 0; round < 24; round += 1) {
      const found = [await seen([mine]), await seen("all"), await seen([foreign]), await seen([])];
      expect(found).toEqual([0, 1, 1, 0]);
    }
  });

  it("is as strict as asking about each row, whatever the transaction's setting says", async () => {
    /** Rows by fleet, and which of the two fleets app_sees() lets through. */
    const lookAs = (setting: string) =>
      unitOfWork.read([setting], async (db) => {
        const asked = await sql<{ id: string }>`
          select id from unnest(${[mine, foreign]}::text[]) id where app_sees(id)`.execute(db);
        const fleets = asked.rows.map(({ id }) => id);
        const seen: Record<string, Readonly<Record<string, number>>> = {};
        for (const table of tables) {
          const fleet = sql.ref(table === "fleets" ? "id" : "fleet_id");
          const { rows } = await sql<{ fleet: string | null; n: number }>`
            select ${fleet} as fleet, count(*) as n from ${sql.table(table)} group by 1`.execute(db);
          seen[table] = Object.fromEntries(rows.map((row) => [row.fleet ?? "none", row.n]));
        }
        return { fleets, seen };
      });
    const { seen: all } = await lookAs("*");
    const isWithoutFleetSeen = new Set(["credentials", "audit_entries", "providers"]);
    const allowed = (table: string, fleets: readonly string[]) =>
      Object.fromEntries(
        Object.entries(all[table] ?? {}).filter(
          ([fleet]) => fleets.includes(fleet) || (fleet === "none" && isWithoutFleetSeen.has(table)),
        ),
      );
    const settings = [
      ...["", "*", mine, foreign, `${mine},${foreign}`, `${foreign},`, `${mine}, ${foreign}`, `${mine}*`],
      ...["**", " *", `*,${mine}`, "%", "{}", "null", `{${foreign}}`],
    ];
    const fleetsSeen: number[] = [];
    for (const setting of settings) {
      const { fleets, seen } = await lookAs(setting);
      fleetsSeen.push(fleets.length);
      const expected = Object.fromEntries(tables.map((table) => [table, allowed(table, fleets)]));
      expect([setting, seen]).toEqual([setting, expected]);
    }
    expect(fleetsSeen).toEqual([0, 2, 1, 1, 2, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  it("asks what is seen once a statement, not once a row", async () => {
    const { perRow, plan } = await unitOfWork.read([mine], async (db) => {
      const asked = await sql`
        select policyname from pg_policies where qual ~ ${"app_sees\\(\\w+\\)"}`.execute(db);
      const explained = await sql<{ "QUERY PLAN": string }>`explain select * from machines`.execute(db);
      return { perRow: asked.rows, plan: explained.rows.map((row) => row["QUERY PLAN"]) };
    });
    expect(perRow).toEqual([]);
    expect(plan.filter((line) => /InitPlan \d+( \(|$)/.test(line))).toHaveLength(2);
    expect(plan.filter((line) => line.includes("current_setting"))).toEqual([]);
  });

  it("lets no statement of a tenant change, remove or plant a row of another fleet", async () => {
    const changed = [
      await change([mine], sql`update fleets set name = 'taken' where id = ${foreign}`),
      await change([mine], sql`update memberships set role = 'owner' where fleet_id = ${foreign}`),
      await change([mine], sql`update credentials set revoked_at = null where fleet_id = ${foreign}`),
      await change([mine], sql`delete from invitations where fleet_id = ${foreign}`),
      await change([mine], sql`delete from machines where fleet_id = ${foreign}`),
    ];
    expect(changed.map(Number)).toEqual([0, 0, 0, 0, 0]);
    const plant = change(
      [mine],
      sql`insert into service_accounts (id, fleet_id, name, role, created_at)
          values ('svc_planted', ${foreign}, 'planted', 'owner', now())`,
    );
    await expect(plant).rejects.toThrow(/row-level security/);
    const move = change([mine], sql`update machines set fleet_id = ${foreign} where fleet_id = ${mine}`);
    await expect(move).rejects.toThrow(/row-level security/);
    const own = await change([mine], sql`update fleets set name = 'Mine' where id = ${mine}`);
    expect(Number(own)).toBe(1);
  });
});
