import { Scope } from "@cmdop/base";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeStorage, type TestStorage } from "../adapters/postgres/testing/storage-engines.ts";
import type { ControlDatabase, Schema } from "../store/schema.ts";
import { startUpkeep } from "./upkeep.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const historyMs = 90 * dayMs;

describeStorage("upkeep", ({ open }) => {
  let storage: TestStorage;
  let database: ControlDatabase;
  beforeAll(async () => {
    storage = await open();
    database = await storage.create<Schema>();
  }, 60_000);
  afterAll(() => storage.close());
  beforeEach(() => storage.renew(database));

  it("forgets the keys of requests that can no longer be repeated, and no younger ones", async () => {
    const clock = new FakeClock();
    const scope = new Scope();
    const lines: string[] = [];
    const log = pino({ messageKey: "event" }, { write: (line: string) => lines.push(line) });
    const ages = { old: 25, young: 2 };
    await database.transaction(async (db) => {
      for (const [key, hours] of Object.entries(ages)) {
        await db
          .insertInto("idempotency_keys")
          .values({
            principal_id: "somebody",
            key,
            request_hash: Buffer.alloc(32),
            status: 200,
            created_at: new Date(clock.wallMs() - hours * hourMs),
          })
          .execute();
      }
    });
    startUpkeep(scope, { database, clock, log, historyMs });
    clock.advance(hourMs / 2);
    await waitFor(() => lines.some((line) => line.includes("upkeep.")));
    expect(lines.join("")).toContain("upkeep.done");
    const left = await database.transaction((db) =>
      db.selectFrom("idempotency_keys").select("key").execute(),
    );
    expect(left).toEqual([{ key: "young" }]);
    await scope.close();
  });

  it("forgets revocations that no edge can need, from the oldest to the first that one can", async () => {
    const clock = new FakeClock();
    const scope = new Scope();
    const lines: string[] = [];
    const log = pino({ messageKey: "event" }, { write: (line: string) => lines.push(line) });
    // The fourth was numbered by a process whose clock was behind.
    const hours = [100, 99, 71, 73, 1];
    await database.transaction(async (db) => {
      for (const [at, age] of hours.entries()) {
        const when = new Date(clock.wallMs() - age * hourMs);
        await db
          .insertInto("revocations")
          .values({ seq: at + 1, at: when, subjects: [`tok_${at}`], reason: "test" })
          .execute();
      }
      await db.updateTable("audit_head").set({ revocation_seq: hours.length }).execute();
    });
    startUpkeep(scope, { database, clock, log, historyMs });
    clock.advance(hourMs / 2);
    await waitFor(() => lines.some((line) => line.includes("upkeep.done")));
    const left = await database.transaction((db) =>
      db.selectFrom("revocations").select("seq").orderBy("seq").execute(),
    );
    expect(left.map(({ seq }) => Number(seq))).toEqual([3, 4, 5]);
    await scope.close();
  });

  it("forgets what was over before history begins, and keeps what is younger or goes on", async () => {
    const clock = new FakeClock();
    const scope = new Scope();
    const lines: string[] = [];
    const log = pino({ messageKey: "event" }, { write: (line: string) => lines.push(line) });
    const ago = (days: number): Date => new Date(clock.wallMs() - days * dayMs);
    await database.transaction(async (db) => {
      await sql`insert into accounts (id, email, name, created_at) values ('acc_1', 'a@example.org', 'a', ${ago(400)})`.execute(
        db,
      );
      await sql`insert into fleets (id, slug, name, created_at) values ('flt_1', 'f', 'f', ${ago(400)})`.execute(
        db,
      );
      const credentials = [
        { id: "revoked_old", kind: "cli", revoked: ago(91), expires: null, used: ago(91), idleDays: null },
        { id: "revoked_young", kind: "cli", revoked: ago(89), expires: null, used: ago(89), idleDays: null },
        { id: "expired_old", kind: "ses", revoked: null, expires: ago(91), used: ago(100), idleDays: null },
        { id: "idle_old", kind: "ses", revoked: null, expires: null, used: ago(100), idleDays: 1 },
        { id: "idle_live", kind: "cli", revoked: null, expires: null, used: ago(89), idleDays: 90 },
        {
          id: "key_revoked_old",
          kind: "api",
          revoked: ago(200),
          expires: null,
          used: ago(200),
          idleDays: null,
        },
      ];
      for (const { id, kind, revoked, expires, used, idleDays } of credentials) {
        await sql`
          insert into credentials (id, kind, hash, fingerprint, account_id, name, created_at, last_used_at, revoked_at, expires_at, idle_ms)
          values (${id}, ${kind}, ${Buffer.from(id)}, '', 'acc_1', '', ${ago(300)}, ${used}, ${revoked}, ${expires},
            ${idleDays === null ? null : idleDays * dayMs})`.execute(db);
      }
      const sessions = [
        { id: "ended_old", state: "ended", created: ago(120), ended: ago(91) },
        { id: "ended_young", state: "ended", created: ago(120), ended: ago(80) },
        { id: "lost_old", state: "lost", created: ago(120), ended: null },
        { id: "live_old", state: "live", created: ago(120), ended: null },
      ];
      for (const { id, state, created, ended } of sessions) {
        await sql`
          insert into sessions (id, fleet_id, machine_id, version, kind, name, program, state, opened_by, created_at, ended_at,
            output_bytes, input_bytes, attachments, updated_at)
          values (${id}, 'flt_1', 'mch_1', 1, 'terminal', '', '', ${state}, '', ${created}, ${ended}, 0, 0, 0, ${ended ?? ago(100)})`.execute(
          db,
        );
        await sql`
          insert into session_attachments (id, session_id, fleet_id, name, role, attached_at, reason, output_bytes)
          values (${`att_${id}`}, ${id}, 'flt_1', '', 'operator', ${created}, '', 0)`.execute(db);
      }
      for (const [id, expires] of [
        ["old", ago(2)],
        ["just", ago(0.5)],
        ["good", ago(-1)],
      ] as const) {
        const hash = Buffer.from(id);
        await sql`insert into one_time_codes (id, purpose, hash, created_at, created_by, expires_at)
          values (${id}, 'setup', ${hash}, ${ago(3)}, '', ${expires})`.execute(db);
        await sql`insert into spent_challenges (id, expires_at) values (${id}, ${expires})`.execute(db);
        await sql`insert into device_grants (id, device_hash, user_code_hash, client, state, poll_interval_s, created_at, expires_at)
          values (${id}, ${hash}, ${hash}, '{}', 'waiting', 5, ${ago(3)}, ${expires})`.execute(db);
        await sql`insert into authorization_codes (hash, account_id, redirect_uri, code_challenge, client, proofs, created_at, expires_at)
          values (${hash}, 'acc_1', '', '', '{}', '{}', ${ago(3)}, ${expires})`.execute(db);
      }
      for (const [id, accepted] of [
        ["accepted_old", ago(91)],
        ["waiting", null],
      ] as const) {
        await sql`insert into invitations (id, fleet_id, email, role, hash, created_at, created_by, expires_at, accepted_at)
          values (${id}, 'flt_1', '', 'viewer', ${Buffer.from(id)}, ${ago(92)}, '', ${ago(-1)}, ${accepted})`.execute(
          db,
        );
      }
      // More than a batch.
      await sql`
        insert into usage_events (request_id, fleet_id, at, token_id, endpoint, input_tokens, output_tokens, searches, is_estimated, outcome)
        select 'req_' || n, 'flt_1', ${ago(91)}, '', 'chat', 0, 0, 0, false, 'done' from generate_series(1, 2500) n`.execute(
        db,
      );
    });
    startUpkeep(scope, { database, clock, log, historyMs });
    clock.advance(hourMs / 2);
    await waitFor(() => lines.some((line) => line.includes("upkeep.")), { what: "the upkeep" });
    expect(lines.join("")).toContain("upkeep.done");
    const left = async (table: string, column = "id"): Promise<readonly string[]> =>
      database.transaction(async (db) => {
        const { rows } = await sql<{ id: string }>`
          select ${sql.ref(column)}::text as id from ${sql.table(table)} order by ${sql.ref(column)}::text collate "C"`.execute(
          db,
        );
        return rows.map(({ id }) => id);
      });
    expect(await left("credentials")).toEqual(["idle_live", "key_revoked_old", "revoked_young"]);
    expect(await left("sessions")).toEqual(["ended_young", "live_old"]);
    expect(await left("session_attachments")).toEqual(["att_ended_young", "att_live_old"]);
    for (const table of ["one_time_codes", "spent_challenges", "device_grants"]) {
      expect([table, await left(table)]).toEqual([table, ["good", "just"]]);
    }
    expect(await left("authorization_codes", "hash")).toHaveLength(2);
    expect(await left("invitations")).toEqual(["waiting"]);
    expect(await left("usage_events", "request_id")).toEqual([]);
    await scope.close();
  });
});
