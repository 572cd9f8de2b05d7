// The catalogue of sessions, fed as a relay feeds it.
import { createControlClient, type SessionEvent } from "@cmdop/edge";
import { FakeOperatorRelay, waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { searchSessions, toPrefixQuery } from "./operations/sessions/search-sessions.ts";
import { findPrincipal } from "./store/identity/principals.ts";
import type { Reader } from "./store/schema.ts";
import { partyOf } from "./store/session-parties.ts";
import { ControlFixture, type TestAccount } from "./testing/control-fixture.ts";

const fakeMachine = "mch_0000000000000000000001";

let fixture: ControlFixture;
let owner: TestAccount;
let fleetId: string;
let relay: ReturnType<typeof createControlClient>;
let operatorRelay: FakeOperatorRelay;
let sent = 0;

beforeAll(async () => {
  operatorRelay = await FakeOperatorRelay.start({ machineId: fakeMachine });
  fixture = await ControlFixture.open({
    env: {
      CMDOP_CONTROL_RELAYS: operatorRelay.address,
      CMDOP_CONTROL_RELAY_CA_PIN: operatorRelay.caPin,
    },
  });
  owner = await fixture.addAccount("ada", "owner");
  const { body: fleet } = await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Live", slug: "live" },
  });
  fleetId = fleet.id;
  const { body: edge } = await fixture.ask("POST", "/v1/edges", {
    token: owner.token,
    body: { name: "relay", kind: "relay" },
  });
  relay = createControlClient({
    url: `https://127.0.0.1:${fixture.control.internalPort}`,
    token: edge.secret,
    caPin: fixture.control.caPin,
  });
}, 120_000);
afterAll(async () => {
  await relay?.close();
  await fixture?.close();
  await operatorRelay?.close();
});

const event = (
  id: string,
  version: number,
  change: SessionEvent["change"],
  more: Partial<SessionEvent["session"]> = {},
): SessionEvent => ({
  kind: "session",
  change,
  atMs: 1_790_000_000_000 + version,
  fleet: fleetId,
  sessionId: id,
  version,
  machineId: "mch_0000000000000000000001",
  session: {
    kind: "terminal",
    name: "build",
    program: "make",
    createdAtMs: 1_790_000_000_000,
    openedBy: "ada",
    state: "live",
    outputBytes: version * 10,
    inputBytes: 0,
    attachments: 0,
    exit: null,
    ...more,
  },
  by:
    change === "opened" ? { name: "ada", actor: "human", accountId: owner.accountId, tokenId: "tok" } : null,
  attachment:
    change === "attached" || change === "detached"
      ? {
          id: `att_of_${id}`,
          by: { name: "bob", actor: "human", accountId: null, tokenId: null },
          role: "observer",
          attachedAtMs: 1_790_000_000_100,
          detachedAtMs: change === "detached" ? 1_790_000_000_200 : null,
          reason: change === "detached" ? "closed" : "",
          outputBytes: version,
        }
      : null,
});

const send = async (...events: readonly unknown[]): Promise<unknown> => {
  const first = sent + 1;
  sent += events.length;
  return relay.sendEvents({ edge: "relay-1", stream: "0123456789ABCDEFGHIJKL", first, events: [...events] });
};

const list = async (query: string) => {
  const { body } = await fixture.ask("GET", `/v1/fleets/live/sessions${query}`, { token: owner.token });
  return body;
};

describe("the catalogue of sessions", () => {
  const ended = {
    state: "ended" as const,
    exit: { code: 3, signal: "", reason: "exited" as const, atMs: 1_790_000_000_900 },
  };

  it("what a key did at a relay is in the audit log with its fingerprint, and told when it leaks", async () => {
    const create = async (body: object) =>
      (await fixture.ask("POST", "/v1/fleets/live/keys", { token: owner.token, body })).body;
    await fixture.ask("POST", "/v1/fleets/live/service-accounts", {
      token: owner.token,
      body: { name: "deploy" },
    });
    const mine = await create({ name: "mine" });
    const key = await create({ name: "pipeline", serviceAccount: "deploy" });
    const by = (accountId: string | null, tokenId: string) =>
      ({ name: "deploy", actor: "program", accountId, tokenId }) as const;
    const [opened, attached] = [
      event("ses_0000000000000000000091", 1, "opened"),
      event("ses_0000000000000000000091", 2, "attached"),
    ];
    const attachment = attached.attachment && { ...attached.attachment, by: by(null, key.id) };
    await send(
      { ...opened, by: by(key.bearer.id, key.id) },
      { ...attached, attachment },
      // Of somebody else's key, whatever a relay says.
      { ...event("ses_0000000000000000000092", 1, "opened"), by: by(owner.accountId, key.id) },
      { ...event("ses_0000000000000000000093", 1, "opened"), by: by(owner.accountId, mine.id) },
    );
    const leak = async ({ secret }: { secret: string }) => {
      const leaked = { token: owner.token, body: { token: secret } };
      const { body } = await fixture.ask("POST", "/v1/leaked-keys", leaked);
      return body.trace.entries.map((entry: { action: string; targetId: string }) => [
        entry.action,
        entry.targetId,
      ]);
    };
    expect(await leak(key)).toEqual([
      ["session.attach", "ses_0000000000000000000091"],
      ["session.open", "ses_0000000000000000000091"],
    ]);
    expect(await leak(mine)).toEqual([["session.open", "ses_0000000000000000000093"]]);
  });

  it("keeps the newest version whatever the order, and who was attached", async () => {
    const id = "ses_0000000000000000000001";
    await send(event(id, 4, "ended", ended), event(id, 2, "attached"), event(id, 3, "detached"));
    await send(event(id, 1, "opened"));
    const { body } = await fixture.ask("GET", `/v1/fleets/live/sessions/${id}`, { token: owner.token });
    expect(body.session).toMatchObject({
      state: "ended",
      exitCode: 3,
      exitReason: "exited",
      outputBytes: 40,
      openedByAccount: owner.accountId,
    });
    expect(body.attachments).toEqual([
      expect.objectContaining({
        name: "bob",
        role: "observer",
        reason: "closed",
        detachedAt: "2026-09-21T14:13:20.200Z",
      }),
    ]);
  });

  it("notes an end once, also when a relay that was started anew tells it again", async () => {
    const id = "ses_0000000000000000000020";
    await send(event(id, 1, "opened"), event(id, 2, "ended", ended), event(id, 3, "ended", ended));
    await send(event(id, 4, "ended", ended));
    const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select("entry").where("action", "=", "session.end").execute(),
    );
    expect(rows.filter(({ entry }) => JSON.stringify(entry).includes(id))).toHaveLength(1);
  });

  it("says where a session's output is: on its machine until it lets it go, of the newest version alone", async () => {
    const id = "ses_0000000000000000000030";
    const recordingOf = async () =>
      (await fixture.ask("GET", `/v1/fleets/live/sessions/${id}`, { token: owner.token })).body.session
        .recording;
    const kept = { state: "kept", from: 5, to: 40, untilMs: 1_790_604_800_000 } as const;
    const place = { location: "machine", machineId: "mch_0000000000000000000001" };
    // A relay of before does not say it.
    await send(event(id, 1, "opened"));
    expect(await recordingOf()).toBeNull();
    await send({ ...event(id, 4, "ended", ended), recording: kept });
    const known = {
      ...place,
      state: "kept",
      from: 5,
      to: 40,
      until: "2026-09-28T14:13:20.000Z",
      goneAt: null,
    };
    expect(await recordingOf()).toEqual(known);
    await send({ ...event(id, 3, "updated"), recording: { state: "gone", atMs: 1_790_000_000_950 } });
    await send(event(id, 5, "updated", ended));
    expect(await recordingOf()).toEqual(known);
    await send({ ...event(id, 6, "updated", ended), recording: { state: "gone", atMs: 1_790_000_001_000 } });
    await send({ ...event(id, 5, "ended", ended), recording: kept });
    const gone = { state: "gone", from: null, to: null, until: null, goneAt: "2026-09-21T14:13:21.000Z" };
    expect(await recordingOf()).toEqual({ ...place, ...gone });
  });

  it("takes what a machine does not list for gone, though no relay heard of it, and nothing that is young", async () => {
    const ids = ["listed", "unlisted", "running", "young", "elsewhere"].map((name) => `ses_of_links_${name}`);
    const [listed, unlisted, running, young, elsewhere] = ids as [string, string, string, string, string];
    const machineId = "mch_0000000000000000000007";
    const kept = { state: "kept", from: 0, to: 40, untilMs: null } as const;
    const hourMs = 3_600_000;
    await fixture.change(({ db }) =>
      db
        .insertInto("machines")
        .values({
          id: machineId,
          fleet_id: fleetId,
          name: "returns",
          hostname: "returns",
          tags: [],
          facts: null,
          created_at: new Date(0),
          joined_with: "test",
          disabled_reason: null,
          ephemeral_after_ms: null,
          generation_mark: null,
          online_edge: null,
          last_contact_at: new Date(0),
        })
        .execute(),
    );
    await send(
      { ...event(listed, 1, "ended", ended), machineId, recording: kept },
      { ...event(unlisted, 1, "ended", ended), machineId },
      { ...event(running, 1, "opened"), machineId, recording: kept },
      { ...event(young, hourMs, "ended", ended), machineId, recording: kept },
      { ...event(elsewhere, 1, "ended", ended), recording: kept },
    );
    await send({
      kind: "machine",
      change: "online",
      atMs: 1_790_000_000_000 + hourMs,
      fleet: fleetId,
      machineId,
      name: "returns",
      reason: "",
      facts: null,
      sessionIds: [listed],
    });
    const states = async () =>
      Object.fromEntries(
        (await list("?limit=200")).items
          .filter(({ id }: { id: string }) => ids.includes(id))
          .map((item: { id: string; state: string; recording: { state: string } | null }) => [
            item.id,
            [item.state, item.recording?.state],
          ]),
      );
    expect(await states()).toEqual({
      [listed]: ["ended", "kept"],
      [unlisted]: ["ended", "gone"],
      [running]: ["ended", "gone"],
      [young]: ["ended", "kept"],
      [elsewhere]: ["ended", "kept"],
    });
    // What a relay saw before comes late and changes nothing; what is seen now does.
    await send({ ...event(running, 2, "updated"), machineId, recording: kept });
    expect((await states())[running]).toEqual(["ended", "gone"]);
    const now = 1_790_000_000_000 + hourMs + 1;
    await send({ ...event(running, now, "updated"), machineId, recording: kept });
    expect((await states())[running]).toEqual(["live", "kept"]);
  });

  it("refuses events of a fleet that is not there, and takes those behind them", async () => {
    const foreign = { ...event("ses_0000000000000000000009", 1, "opened"), fleet: "flt_nowhere" };
    expect(await send(foreign, event("ses_0000000000000000000002", 1, "opened"))).toEqual({
      acked: sent,
      refused: [sent - 1],
    });
    expect((await list("")).items.map((item: { id: string }) => item.id)).not.toContain(foreign.sessionId);
  });

  it("is searched by the beginnings of words, filtered and paged, newest first", async () => {
    const events = Array.from({ length: 5 }, (_none, index) =>
      event(`ses_page000000000000000000${index}`, 1, "opened", {
        name: "deploy production",
        createdAtMs: 1_790_000_100_000 + index,
      }),
    );
    await send(...events);
    const first = await list("?q=prod%20dep&limit=3");
    const second = await list(`?q=prod%20dep&limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map((item: { id: string }) => item.id)).toEqual(
      events.map(({ sessionId }) => sessionId).reverse(),
    );
    expect(second.nextCursor).toBeNull();
    const states = (await list("?state=ended")).items.map((item: { state: string }) => item.state);
    expect(new Set(states)).toEqual(new Set(["ended"]));
    expect((await list("?q=nothing")).items).toEqual([]);
    const forged = await fixture.ask("GET", "/v1/fleets/live/sessions?cursor=WzFd.AAAAAAAAAAAAAAAA", {
      token: owner.token,
    });
    expect([forged.status, forged.body.code]).toEqual([400, "invalid_argument"]);
  });

  it("is searched in a large catalogue as if each session were looked at, and never in another fleet", async () => {
    const { body: other } = await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      body: { name: "Other", slug: "other" },
    });
    // Of 6,000: a word in every second one, in every twentieth, one that the newest 3,000 do not have, one of three alone.
    const fill = (fleet: string, prefix: string) =>
      sql`
        insert into sessions (
          id, fleet_id, machine_id, version, kind, name, program, state, opened_by, created_at, output_bytes,
          input_bytes, attachments, updated_at
        )
        select ${prefix} || lpad(n::text, 20, '0'), ${fleet}, 'mch_' || n % 3, 1, 'command',
          case when n % 2 = 0 then 'often ' else '' end || case when n % 20 = 3 then 'sometimes ' else '' end || case when n < 3000 and n % 2 = 0 then 'formerly ' else '' end
            || case when n % 2500 = 7 then 'seldom ' else '' end || 'job' || n,
          'make', 'live', 'bot', '2024-01-01'::timestamptz + n * interval '1 minute', 0, 0, 0, now()
        from generate_series(1, 6000) n`;
    await fixture.change(async ({ db }) => {
      await fill(fleetId, "ses_mine").execute(db);
      await fill(other.id, "ses_else").execute(db);
    });
    const namesOf = (page: { items: readonly { readonly name: string }[] }): readonly string[] =>
      page.items.map(({ name }) => name);
    const expected = (has: (n: number) => boolean): readonly string[] =>
      Array.from({ length: 6_000 }, (_none, index) => 6_000 - index)
        .filter(has)
        .map((n) => `job${n}`);
    const jobsOf = (names: readonly string[]): readonly string[] =>
      names.map((name) => name.split(" ").at(-1) ?? "");
    const cases = [
      ["often", (n: number) => n % 2 === 0],
      ["sometimes", (n: number) => n % 20 === 3],
      ["formerly", (n: number) => n < 3_000 && n % 2 === 0],
      ["seldom", (n: number) => n % 2_500 === 7],
      ["job577", (n: number) => n === 577 || (n >= 5_770 && n < 5_780)],
    ] as const;
    for (const [word, has] of cases) {
      const first = await list(`?q=${word}&limit=100`);
      const second =
        first.nextCursor === null
          ? { items: [] }
          : await list(`?q=${word}&limit=100&cursor=${first.nextCursor}`);
      const found = jobsOf([...namesOf(first), ...namesOf(second)]);
      expect([word, found]).toEqual([word, expected(has).slice(0, 200)]);
      const ofOneMachine = await list(`?q=${word}&limit=50&machine=mch_1`);
      const theirs = expected((n) => n % 3 === 1 && has(n)).slice(0, 50);
      expect([word, jobsOf(namesOf(ofOneMachine))]).toEqual([word, theirs]);
    }
    // The index alone, asked by a transaction that sees one fleet: nothing of another.
    const idsOf = (fleet: string): Promise<number> =>
      fixture.control.services.unitOfWork.read([fleetId], async (db) => {
        const { rows } = await sql`select session_ids_found(${fleet}, 'seldom'::tsquery, 10)`.execute(db);
        return rows.length;
      });
    expect([await idsOf(fleetId), await idsOf(other.id)]).toEqual([3, 0]);
  });

  it("looks at few sessions for two words, which the planner takes for rare", async () => {
    /** Rows of sessions that this transaction's statements looked at, whether they were of use or not. */
    const fetched = async (db: Reader): Promise<number> => {
      const { rows } = await sql<{ n: number }>`
        select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as n from pg_stat_xact_user_tables
        where relname = 'sessions'`.execute(db);
      return rows[0]?.n ?? 0;
    };
    const statements: string[] = [];
    const heard = (db: Reader): Reader =>
      db.withPlugin({
        transformQuery: ({ node, queryId }) => {
          statements.push(db.getExecutor().compileQuery(node, queryId).sql);
          return node;
        },
        transformResult: async ({ result }) => result,
      });
    /** How many it found, and how many rows were looked at for that. */
    const search = (words: string): Promise<{ readonly found: number; readonly looked: number }> =>
      fixture.control.services.unitOfWork.read([fleetId], async (quiet) => {
        const db = heard(quiet);
        const page = db
          .selectFrom("sessions")
          .selectAll()
          .where("fleet_id", "=", fleetId)
          .orderBy("created_at", "desc")
          .orderBy("id", "desc");
        const before = await fetched(db);
        const found = await searchSessions(db, { page, fleetId, words: toPrefixQuery(words), limit: 51 });
        return { found: found.length, looked: (await fetched(db)) - before };
      });
    // As the hourly upkeep leaves it.
    await fixture.control.services.unitOfWork.lookUp((db) => sql`analyze sessions`.execute(db));
    // The last rounds have the plan of a prepared statement, which knows no value.
    for (let round = 0; round < 10; round += 1) {
      const [often, sometimes, seldom] = [
        await search("often make"),
        await search("sometimes make"),
        await search("seldom make"),
      ];
      expect([often.found, sometimes.found, seldom.found]).toEqual([51, 51, 3]);
      // Of 6,000 in this fleet and as many in the other: every second one, every twentieth, and three by the index.
      expect(often.looked).toBeLessThan(200);
      expect(sometimes.looked).toBeLessThan(1_200);
      expect(seldom.looked).toBeLessThan(600);
    }
    // A subquery is asked once a statement; the bare call would be, in a plan that knows no value, once for each session.
    const reading = statements.filter((text) => text.includes("to_tsquery"));
    expect(reading.length).toBeGreaterThan(0);
    expect(reading.filter((text) => /(?<!\(select )to_tsquery/.test(text))).toEqual([]);
  });

  it("gives a ticket for a session of one's fleet, noted in the audit log without the ticket", async () => {
    const at = "/v1/sessions/ses_0000000000000000000002/tickets";
    const { status, body } = await fixture.ask("POST", at, {
      token: owner.token,
      body: { role: "observer", validSeconds: 60 },
    });
    expect(status).toBe(201);
    const claims = JSON.parse(Buffer.from(body.secret.split(".")[1], "base64url").toString());
    expect(claims).toMatchObject({
      ses: body.sessionId,
      role: "observer",
      flt: fleetId,
      acc: owner.accountId,
    });
    const stranger = await fixture.addAccount("eve");
    const refused = await fixture.ask("POST", at, { token: stranger.token, body: {} });
    expect([refused.status, refused.body.code]).toEqual([404, "session_not_found"]);
    const entries = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select("entry").where("action", "=", "session.ticket").execute(),
    );
    expect(entries).toHaveLength(1);
    expect(JSON.stringify(entries)).not.toContain(body.secret);
  });
});

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

describe("whoever attaches", () => {
  it("has a ticket as old as what is known of them: what was revoked since ends it", async () => {
    const { unitOfWork, clock } = fixture.control.services;
    const known = await unitOfWork.lookUp((db) => findPrincipal(db, owner.token, clock.wallMs()));
    if (known.kind === "refused") throw new Error(known.code);
    const membership = known.principal.memberships.get(fleetId);
    if (!membership) throw new Error("the owner is in the fleet");
    await fixture.change(async (tx) => tx.revoke([membership.id], "test"));
    const head = await unitOfWork.lookUp((db) =>
      db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow(),
    );
    expect(partyOf(known.principal, membership).fence.revSeq).toBe(Number(head.revocation_seq) - 1);
  });
});

describe("a run of a schedule", () => {
  it("shows the relay a token for its machine alone, as old as what was read of whoever it runs for", async () => {
    await fixture.change(async (tx) => tx.revoke(["acc_other"], "test"));
    const head = await fixture.control.services.unitOfWork.lookUp((db) =>
      db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow(),
    );
    const made = await fixture.ask("POST", "/v1/fleets/live/schedules", {
      token: owner.token,
      body: {
        name: "shown",
        spec: { kind: "cron", expression: "0 0 1 1 *" },
        target: { kind: "machines", machines: [fakeMachine] },
        command: { argv: ["true"] },
      },
    });
    expect(made.status).toBe(201);
    await fixture.ask("POST", "/v1/fleets/live/schedules/shown/run", { token: owner.token });
    const shown = () => operatorRelay.openings.find(({ request }) => request.machine === fakeMachine);
    const opening = await waitFor(shown, { what: "the run at the relay", timeoutMs: 10_000 });
    expect(claimsOf(opening.token)).toMatchObject({
      flt: fleetId,
      mch: [fakeMachine],
      act: "program",
      sbj: [owner.accountId, fleetId, fakeMachine],
      rsq: Number(head.revocation_seq),
    });
  });
});

describe("a session that is opened here", () => {
  it("is opened at the relay as who asks, once for a key, and answered with a ticket for it", async () => {
    const ask = () =>
      fixture.ask("POST", "/v1/sessions", {
        token: owner.token,
        headers: { "idempotency-key": "one-session" },
        body: { fleet: "live", machine: "web-1", kind: "command", argv: ["make", "-j2"], name: "build" },
      });
    const before = operatorRelay.openings.length;
    const first = await ask();
    expect([first.status, first.body.relays, first.body.relayCaPin]).toEqual([
      201,
      [operatorRelay.address],
      operatorRelay.caPin,
    ]);
    const opened = operatorRelay.openings.filter(({ request }) => request.machine === "web-1");
    const [{ token, request } = { token: "", request: undefined }] = opened;
    expect(claimsOf(token)).toMatchObject({ flt: fleetId, role: "operator", act: "human", mch: "*" });
    expect(request).toMatchObject({ machine: "web-1", spec: { argv: ["make", "-j2"], name: "build" } });
    expect(claimsOf(first.body.secret)).toMatchObject({ ses: first.body.sessionId, acc: owner.accountId });
    const again = await ask();
    expect([again.body.code, again.body.record.sessionId, operatorRelay.openings.length]).toEqual([
      "secret_not_recoverable",
      first.body.sessionId,
      before + 1,
    ]);
  });

  it("is asked of no relay by whoever may not open one", async () => {
    const before = operatorRelay.openings.length;
    const viewer = await fixture.addAccount("bob");
    await fixture.addMember(fleetId, viewer.accountId, "viewer");
    const refused = await fixture.ask("POST", "/v1/sessions", { token: viewer.token, body: {} });
    expect([refused.status, refused.body.code, operatorRelay.openings.length]).toEqual([
      403,
      "permission_denied",
      before,
    ]);
  });
});
