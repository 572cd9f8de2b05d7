// Providers, usage and budgets, from the API to what the router is told, over both real listeners.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlClientOptions, createControlClient, type EdgeEvent, openEdge } from "@cmdop/edge";
import { waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RowScope } from "./store/unit-of-work.ts";
import { ControlFixture, type TestAccount } from "./testing/control-fixture.ts";

const providerKey = "sk-provider-key-of-the-fleet";
const edgeStream = "0123456789ABCDEFGHIJKL";

let fixture: ControlFixture;
let owner: TestAccount;
let fleetId: string;
let access: ControlClientOptions;
let router: ReturnType<typeof createControlClient>;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  for (const slug of ["models", "other"]) {
    const { body } = await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      body: { name: slug, slug },
    });
    if (slug === "models") fleetId = body.id;
  }
  const { body: edge } = await fixture.ask("POST", "/v1/edges", {
    token: owner.token,
    body: { name: "router", kind: "router" },
  });
  access = {
    url: `https://127.0.0.1:${fixture.control.internalPort}`,
    token: edge.secret,
    caPin: fixture.control.caPin,
  };
  router = createControlClient(access);
}, 120_000);
afterAll(async () => {
  await router?.close();
  await fixture?.close();
});

const introspect = async (fleet: string, token = owner.token) => {
  const answer = await router.introspect({ token, fleet, need: "router" });
  if (!answer.active || !answer.router) throw new Error("not active");
  return answer.router;
};

const settlement = (requestId: string, costMicros: number | null): EdgeEvent => ({
  kind: "usage",
  atMs: Date.now(),
  requestId,
  fleet: fleetId,
  tokenId: "key_of_usage",
  accountId: owner.accountId,
  machineId: "mch_of_usage",
  endpoint: "chat",
  requestedModel: "@balanced",
  model: "gpt-x",
  provider: "openai",
  inputTokens: 100,
  outputTokens: 20,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  searches: 1,
  costMicros,
  isEstimated: false,
  end: "finished",
  attempts: 1,
  durationMs: 10,
});

describe("providers that a fleet brings", () => {
  it("reach the router with their keys for callers of that fleet alone, and are sealed at rest", async () => {
    const made = await fixture.ask("POST", "/v1/fleets/models/providers", {
      token: owner.token,
      body: {
        name: "ours",
        baseUrl: "https://models.example.org/v1",
        keys: [providerKey],
        headers: { "X-Team": "a" },
      },
    });
    expect(made.status).toBe(201);
    expect(JSON.stringify(made.body)).not.toContain(providerKey);
    expect((await introspect("models")).providers).toEqual([
      {
        name: "ours",
        owner: "fleet",
        kind: "openai",
        baseUrl: "https://models.example.org/v1",
        keys: [providerKey],
        headers: { "X-Team": "a" },
        models: null,
      },
    ]);
    expect((await introspect("other")).providers).toEqual([]);
    const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("providers").selectAll().execute(),
    );
    expect(JSON.stringify(rows)).not.toContain(providerKey);
  });

  it("are not told to a relay, which is shown the tokens of operators", async () => {
    const { body: edge } = await fixture.ask("POST", "/v1/edges", {
      token: owner.token,
      body: { name: "relay", kind: "relay" },
    });
    const { internalPort, caPin } = fixture.control;
    const relay = createControlClient({
      url: `https://127.0.0.1:${internalPort}`,
      token: edge.secret,
      caPin,
    });
    const asked = { token: owner.token, fleet: "models" } as const;
    expect(await relay.introspect({ ...asked, need: "relay" })).toMatchObject({ active: true });
    await expect(relay.introspect({ ...asked, need: "router" })).rejects.toThrow();
    await relay.close();
  });

  it("change only as the version that was read, and are gone from the router when taken away", async () => {
    const { body: list } = await fixture.ask("GET", "/v1/fleets/models/providers", { token: owner.token });
    const at = `/v1/fleets/models/providers/${list.items[0].id}`;
    const stale = await fixture.ask("PATCH", at, {
      token: owner.token,
      body: { keys: [] },
      headers: { "if-match": '"7"' },
    });
    expect([stale.status, stale.body.code]).toEqual([412, "precondition_failed"]);
    const patch = (body: unknown) =>
      fixture.ask("PATCH", at, { token: owner.token, body, headers: { "if-match": '"1"' } });
    const taken = await patch({ baseUrl: "https://elsewhere.example.org/v1" });
    expect([taken.status, taken.body.errors.map((error: { pointer: string }) => error.pointer)]).toEqual([
      400,
      ["/keys", "/headers"],
    ]);
    const changed = await fixture.ask("PATCH", at, {
      token: owner.token,
      body: { keys: ["a", "b"] },
      headers: { "if-match": '"1"' },
    });
    expect([changed.status, changed.body.keys, changed.headers.etag]).toEqual([200, 2, '"2"']);
    expect((await fixture.ask("DELETE", at, { token: owner.token })).status).toBe(204);
    expect((await introspect("models")).providers).toEqual([]);
  });

  it("may search the web, and are then said without what a search has no use for", async () => {
    const add = (body: Record<string, unknown>) =>
      fixture.ask("POST", "/v1/fleets/models/providers", { token: owner.token, body });
    const searches = [
      { name: "google", kind: "serper", keys: [providerKey] },
      { name: "meta", kind: "searxng", baseUrl: "https://search.example.org" },
    ];
    const made = [];
    for (const body of searches) made.push(await add(body));
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    expect((await introspect("models")).providers).toEqual([
      expect.objectContaining({ name: "google", kind: "serper", baseUrl: null, keys: [providerKey] }),
      expect.objectContaining({ name: "meta", kind: "searxng", baseUrl: "https://search.example.org" }),
    ]);
    const refused = [
      await add({ name: "no-address", kind: "searxng" }),
      await add({ name: "with-models", kind: "serper", models: [{ id: "m" }] }),
      await add({ name: "with-headers", kind: "serper", headers: { "X-Team": "a" } }),
      await fixture.ask("PATCH", `/v1/fleets/models/providers/${made[1]?.body.id}`, {
        token: owner.token,
        body: { baseUrl: null },
        headers: { "if-match": '"1"' },
      }),
    ];
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      refused.map(() => [400, "invalid_argument"]),
    );
    for (const { body } of made) {
      const at = `/v1/fleets/models/providers/${body.id}`;
      expect((await fixture.ask("DELETE", at, { token: owner.token })).status).toBe(204);
    }
  });
});

describe("what a fleet brings", () => {
  it("is known to a router that has asked before, at once: added, with other models, taken away", async () => {
    const dir = await mkdtemp(join(tmpdir(), "cmdop-models-edge-"));
    const edge = await openEdge({ plane: "router", client: createControlClient(access), dir });
    const providers = async () => {
      const verdict = await edge.verdict(owner.token, "models");
      return verdict.kind === "active" ? (verdict.answer.router?.providers ?? []) : [];
    };
    const models = [{ id: "big", capabilities: ["agents"], contextTokens: 8_000, price: null }];
    const at = "/v1/fleets/models/providers";
    try {
      expect(await providers()).toEqual([]);
      await waitFor(() => edge.isInformed);
      const made = await fixture.ask("POST", at, {
        token: owner.token,
        body: { name: "mine", models: [{ id: "big", capabilities: ["agents"], contextTokens: 8_000 }] },
      });
      expect([made.status, made.body.models]).toEqual([201, models]);
      await waitFor(async () => (await providers()).some((provider) => provider.models?.[0]?.id === "big"));
      const one = `${at}/${made.body.id}`;
      const change = (version: number, body: object) =>
        fixture.ask("PATCH", one, { token: owner.token, body, headers: { "if-match": `"${version}"` } });
      expect((await change(1, { models: null })).body.models).toBeNull();
      await waitFor(async () => (await providers())[0]?.models === null);
      expect((await change(2, { models: [models[0], models[0]] })).status).toBe(400);
      await fixture.ask("DELETE", one, { token: owner.token });
      await waitFor(async () => (await providers()).length === 0);
      const shared = await fixture.ask("POST", "/v1/providers", {
        token: owner.token,
        body: { name: "of-all", keys: [] },
      });
      await waitFor(async () => (await providers())[0]?.name === "of-all");
      await fixture.ask("DELETE", `/v1/providers/${shared.body.id}`, { token: owner.token });
      const own = await fixture.ask("POST", "/v1/account/providers", {
        token: owner.token,
        body: { name: "of-me" },
      });
      await waitFor(async () => (await providers())[0]?.name === "of-me");
      await fixture.ask("DELETE", `/v1/account/providers/${own.body.id}`, { token: owner.token });
      await waitFor(async () => (await providers()).length === 0);
    } finally {
      await edge.close();
      await rm(dir, { recursive: true });
    }
  });
});

describe("providers that the installation shares", () => {
  const add = (path: string, token: string, name: string, key: string) =>
    fixture.ask("POST", path, { token, body: { name, keys: [key] } });
  const namesAndKeys = async (fleet: string) =>
    (await introspect(fleet)).providers.map(({ name, keys }) => [name, ...keys]);

  it("are served for every fleet without one of that name, and a fleet's own for that fleet alone", async () => {
    const shared = await add("/v1/providers", owner.token, "openai", "sk-of-the-installation");
    expect([shared.status, shared.body.isShared]).toEqual([201, true]);
    expect(JSON.stringify(shared.body)).not.toContain("sk-of-the-installation");
    expect(await namesAndKeys("models")).toEqual([["openai", "sk-of-the-installation"]]);
    expect(await namesAndKeys("other")).toEqual([["openai", "sk-of-the-installation"]]);

    await add("/v1/fleets/models/providers", owner.token, "openai", "sk-of-the-fleet");
    await add("/v1/fleets/models/providers", owner.token, "private", "sk-of-the-fleet-too");
    expect(await namesAndKeys("models")).toEqual([
      ["openai", "sk-of-the-fleet"],
      ["private", "sk-of-the-fleet-too"],
    ]);
    expect(await namesAndKeys("other")).toEqual([["openai", "sk-of-the-installation"]]);
  });

  it("are changed by the installation's owner alone, and by no fleet's", async () => {
    const { body: shared } = await fixture.ask("GET", "/v1/providers", { token: owner.token });
    expect(shared.items.map(({ name }: { name: string }) => name)).toEqual(["openai"]);
    const [{ id }] = shared.items;
    const bob = await fixture.addAccount("bob");
    await fixture.addMember(fleetId, bob.accountId, "owner");
    expect((await fixture.ask("GET", "/v1/providers", { token: bob.token })).status).toBe(403);
    expect((await add("/v1/providers", bob.token, "planted", "sk-bob")).status).toBe(403);
    expect((await fixture.ask("DELETE", `/v1/providers/${id}`, { token: bob.token })).status).toBe(403);
    // By the path of a fleet one reaches that fleet's alone, the installation's owner too.
    for (const { token } of [bob, owner]) {
      const at = `/v1/fleets/models/providers/${id}`;
      expect((await fixture.ask("DELETE", at, { token })).status).toBe(404);
      const change = { token, body: { keys: ["sk-bob"] }, headers: { "if-match": '"1"' } };
      expect((await fixture.ask("PATCH", at, change)).status).toBe(404);
    }
    const { body: own } = await fixture.ask("GET", "/v1/fleets/models/providers", { token: owner.token });
    const ofFleet = own.items.find(({ isShared }: { isShared: boolean }) => !isShared);
    const across = await fixture.ask("DELETE", `/v1/providers/${ofFleet.id}`, { token: owner.token });
    expect(across.status).toBe(404);
  });

  it("lie behind row-level security: a transaction of a fleet reads them and changes none", async () => {
    const { unitOfWork } = fixture.control.services;
    const change = (statement: ReturnType<typeof sql>) =>
      unitOfWork.write([fleetId], { kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
        tx.audit({ action: "test.change", body: {} });
        return Number((await statement.execute(tx.db)).numAffectedRows);
      });
    expect(await change(sql`update providers set sealed_keys = '{}' where fleet_id is null`)).toBe(0);
    expect(await change(sql`delete from providers where fleet_id is null`)).toBe(0);
    await expect(
      change(sql`update providers set fleet_id = null where fleet_id = ${fleetId}`),
    ).rejects.toThrow(/row-level security/);
    expect(await namesAndKeys("other")).toEqual([["openai", "sk-of-the-installation"]]);
  });

  it("replaced or taken away, are so for everybody", async () => {
    const { body: shared } = await fixture.ask("GET", "/v1/providers", { token: owner.token });
    const at = `/v1/providers/${shared.items[0].id}`;
    const changed = await fixture.ask("PATCH", at, {
      token: owner.token,
      body: { keys: ["sk-next"] },
      headers: { "if-match": '"1"' },
    });
    expect(changed.status).toBe(200);
    expect(await namesAndKeys("other")).toEqual([["openai", "sk-next"]]);
    expect((await fixture.ask("DELETE", at, { token: owner.token })).status).toBe(204);
    expect(await namesAndKeys("other")).toEqual([]);
  });
});

describe("providers that somebody brings for themselves", () => {
  const at = "/v1/account/providers";
  const add = (token: string, name: string, keys: readonly string[]) =>
    fixture.ask("POST", at, { token, body: { name, keys } });
  const told = async (token: string, fleet = "models") =>
    (await introspect(fleet, token)).providers.map(({ name, keys }) => [name, ...keys]);
  const toldOwners = async (token: string) =>
    (await introspect("models", token)).providers.map(({ name, owner: of }) => [name, of]);
  const newKey = async (token: string, body: object): Promise<string> =>
    (await fixture.ask("POST", "/v1/fleets/models/keys", { token, body })).body.secret;
  const ofFleet = [
    ["openai", "sk-of-the-fleet"],
    ["private", "sk-of-the-fleet-too"],
  ];
  const ofCarol = [["openai", "sk-of-carol"], ofFleet[1]];
  let carol: TestAccount;
  let carolsId: string;

  beforeAll(async () => {
    carol = await fixture.addAccount("carol");
    await fixture.addMember(fleetId, carol.accountId, "member");
    await fixture.ask("POST", "/v1/fleets/models/service-accounts", {
      token: owner.token,
      body: { name: "robot", role: "automation" },
    });
    const made = await add(carol.token, "openai", ["sk-of-carol"]);
    expect([made.status, made.body.owner, made.body.isShared]).toEqual([201, "account", false]);
    carolsId = made.body.id;
  });

  it("are for their logins and keys alone, before the fleet's of the same name; a service account has none", async () => {
    expect(await told(carol.token)).toEqual(ofCarol);
    expect(await toldOwners(carol.token)).toEqual([
      ["openai", "account"],
      ["private", "fleet"],
    ]);
    expect(await told(await newKey(carol.token, { name: "hers" }))).toEqual(ofCarol);
    expect(await told(owner.token)).toEqual(ofFleet);
    expect(await told(await newKey(owner.token, { name: "not-hers" }))).toEqual(ofFleet);
    expect(await told(await newKey(owner.token, { name: "its", serviceAccount: "robot" }))).toEqual(ofFleet);
    const { id } = (await add(owner.token, "far", ["sk-of-ada"])).body;
    expect(await told(owner.token, "other")).toEqual([["far", "sk-of-ada"]]);
    expect(await told(carol.token)).toEqual(ofCarol);
    expect((await fixture.ask("DELETE", `${at}/${id}`, { token: owner.token })).status).toBe(204);
  });

  it("stay before the fleet's when none of their keys is left: nothing takes their place in silence", async () => {
    const { unitOfWork, sealer } = fixture.control.services;
    const keep = (keys: readonly string[]) =>
      unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
        tx.db
          .updateTable("providers")
          .set({ sealed_keys: [...keys] })
          .where("id", "=", carolsId)
          .execute(),
      );
    await keep(["what no key opens"]);
    expect(await told(carol.token)).toEqual([["openai"], ofFleet[1]]);
    await keep([sealer.seal("sk-of-carol", `provider:${carolsId}`)]);
    expect(await told(carol.token)).toEqual(ofCarol);
  });

  it("are seen and changed by nobody else, and by a person's own keys neither", async () => {
    const list = async (path: string, token: string): Promise<readonly string[]> => {
      const { body } = await fixture.ask("GET", path, { token });
      return body.items.map(({ id }: { id: string }) => id);
    };
    expect(await list(at, carol.token)).toEqual([carolsId]);
    expect(await list(at, owner.token)).toEqual([]);
    for (const path of ["/v1/fleets/models/providers", "/v1/providers"]) {
      expect(await list(path, owner.token)).not.toContain(carolsId);
      const change = { token: owner.token, body: { keys: [] }, headers: { "if-match": '"1"' } };
      expect((await fixture.ask("PATCH", `${path}/${carolsId}`, change)).status).toBe(404);
      expect((await fixture.ask("DELETE", `${path}/${carolsId}`, { token: owner.token })).status).toBe(404);
    }
    expect((await fixture.ask("DELETE", `${at}/${carolsId}`, { token: owner.token })).status).toBe(404);
    const programs = [
      await newKey(carol.token, { name: "program" }),
      await newKey(owner.token, { name: "its-other", serviceAccount: "robot" }),
    ];
    for (const token of programs) {
      expect((await fixture.ask("GET", at, { token })).status).toBe(403);
      expect((await add(token, "planted", ["sk-planted"])).status).toBe(403);
    }
    expect(await told(carol.token)).toEqual(ofCarol);
  });

  it("lie behind row-level security: no transaction of a fleet or of another account reaches them", async () => {
    const { unitOfWork } = fixture.control.services;
    const seen = async (scope: RowScope): Promise<number> =>
      await unitOfWork.read(scope, async (db) => {
        const rows = await db
          .selectFrom("providers")
          .select("id")
          .where("account_id", "is not", null)
          .execute();
        return rows.length;
      });
    const scopes: readonly RowScope[] = ["all", { account: carol.accountId }, [fleetId], []];
    expect(await Promise.all(scopes.map(seen))).toEqual([1, 1, 0, 0]);
    for (const account of [owner.accountId, "", "*"]) expect(await seen({ account })).toBe(0);
    const change = (scope: RowScope, statement: ReturnType<typeof sql>) =>
      unitOfWork.write(scope, { kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
        tx.audit({ action: "test.change", body: {} });
        return Number((await statement.execute(tx.db)).numAffectedRows);
      });
    for (const scope of [[fleetId], [carol.accountId], { account: owner.accountId }] as const) {
      expect(await change(scope, sql`delete from providers where id = ${carolsId}`)).toBe(0);
    }
    const own = { account: carol.accountId };
    for (const place of [sql`fleet_id = null, account_id = null`, sql`account_id = ${owner.accountId}`]) {
      await expect(change(own, sql`update providers set ${place} where id = ${carolsId}`)).rejects.toThrow(
        /row-level security/,
      );
    }
    expect(await change(own, sql`delete from providers where account_id is null`)).toBe(0);
  });

  it("are bounded, stand in the audit log with whose they are, and end with the account", async () => {
    for (let number = 1; number < 32; number += 1) {
      expect((await add(carol.token, `p${number}`, [])).status).toBe(201);
    }
    const refused = await add(carol.token, "one-more", []);
    expect([refused.status, refused.body.code]).toEqual([409, "limit_reached"]);
    const entries = await fixture.control.services.unitOfWork.read("all", (db) =>
      db
        .selectFrom("audit_entries")
        .select(["entry", "fleet_id"])
        .where("target_id", "=", carolsId)
        .execute(),
    );
    expect(entries.map(({ entry, fleet_id }) => [JSON.parse(entry).body.account, fleet_id])).toEqual([
      [carol.accountId, null],
    ]);
    await fixture.control.services.unitOfWork.record(
      { kind: "system", id: "test" },
      { requestId: "test" },
      (tx) => sql`delete from accounts where id = ${carol.accountId}`.execute(tx.db),
    );
    const { rows } = await fixture.control.services.unitOfWork.read("all", (db) =>
      sql`select id from providers where account_id is not null`.execute(db),
    );
    expect(rows).toEqual([]);
  });
});

describe("usage and budgets", () => {
  it("count each settlement once, tell at 80, 95 and 100 percent once each, and tell the router", async () => {
    const made = await fixture.ask("POST", "/v1/fleets/models/budgets", {
      token: owner.token,
      body: { subject: "member", subjectId: owner.accountId, limitMicros: 1_000 },
    });
    expect(made.status).toBe(201);
    const send = (first: number, ...events: EdgeEvent[]) =>
      router.sendEvents({ edge: "router-1", stream: edgeStream, first, events });
    await send(1, settlement("r1", 790));
    await send(2, settlement("r2", 10), settlement("r2", 10), settlement("r3", null));
    await send(5, settlement("r4", 160));
    await send(6, settlement("r5", 140));
    const byModel = await fixture.ask("GET", "/v1/fleets/models/usage", { token: owner.token });
    expect(byModel.body.items).toEqual([
      {
        of: "gpt-x",
        requests: 5,
        inputTokens: 500,
        outputTokens: 100,
        searches: 5,
        costMicros: 1_100,
        unpriced: 1,
      },
    ]);
    const of = async (by: string): Promise<readonly (readonly [string, number])[]> => {
      const { body } = await fixture.ask("GET", `/v1/fleets/models/usage?by=${by}`, { token: owner.token });
      return body.items.map((item: { of: string; costMicros: number }) => [item.of, item.costMicros]);
    };
    expect([await of("key"), await of("member"), await of("machine"), await of("day")]).toEqual([
      [["key_of_usage", 1_100]],
      [[owner.accountId, 1_100]],
      [["mch_of_usage", 1_100]],
      [[new Date().toISOString().slice(0, 10), 1_100]],
    ]);
    const alerts = await fixture.control.services.unitOfWork.read("all", (db) =>
      db
        .selectFrom("audit_entries")
        .select("entry")
        .where("action", "=", "budget.alert")
        .orderBy("seq")
        .execute(),
    );
    expect(alerts.map(({ entry }) => JSON.parse(entry).body.percent)).toEqual([80, 95, 100]);
    expect((await introspect("models")).budgets).toEqual([
      expect.objectContaining({
        ...{ id: made.body.id, of: "member", period: "month" },
        ...{ limitMicros: 1_000, spentMicros: 1_100, isHard: true },
      }),
    ]);
    const twice = await fixture.ask("POST", "/v1/fleets/models/budgets", {
      token: owner.token,
      body: { subject: "member", subjectId: owner.accountId, limitMicros: 5 },
    });
    expect([twice.status, twice.body.code]).toEqual([409, "conflict"]);
  });

  it("are summed over more than are listed, and to nothing where there is none", async () => {
    const totalOf = async () => {
      const { body } = await fixture.ask("GET", "/v1/fleets/other/usage?by=key", { token: owner.token });
      return [body.items.length, body.total.requests, body.total.costMicros];
    };
    expect(await totalOf()).toEqual([0, 0, 0]);
    await fixture.change(({ db, now }) =>
      sql`insert into usage_days (fleet_id, day, token_id, account_id, machine_id, model, requests, input_tokens,
          output_tokens, searches, cost_micros, unpriced)
        select id, ${now}::date, 'key_' || n, '', '', '', 1, 1, 1, 0, 2, 0
        from fleets, generate_series(1, 1001) n where slug = 'other'`.execute(db),
    );
    expect(await totalOf()).toEqual([1_000, 1_001, 2_002]);
  });

  it("keep what was spent and told when the limit changes, and tell anew only what is reached anew", async () => {
    const budgets = "/v1/fleets/models/budgets";
    const { body: key } = await fixture.ask("POST", "/v1/fleets/models/keys", {
      token: owner.token,
      body: { name: "edits" },
    });
    const { body: made } = await fixture.ask("POST", budgets, {
      token: owner.token,
      body: { subject: "key", subjectId: key.id, limitMicros: 1_000 },
    });
    const spend = async (first: number, id: string, costMicros: number) => {
      const event = { ...settlement(id, costMicros), tokenId: key.id };
      await router.sendEvents({ edge: "router-1", stream: edgeStream, first, events: [event] });
    };
    const change = (version: number, body: object) =>
      fixture.ask("PATCH", `${budgets}/${made.id}`, {
        token: owner.token,
        body,
        headers: { "if-match": `"${version}"` },
      });
    const told = async () => {
      const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
        db
          .selectFrom("audit_entries")
          .select("entry")
          .where("action", "=", "budget.alert")
          .orderBy("seq")
          .execute(),
      );
      return rows
        .map(({ entry }) => JSON.parse(entry))
        .filter(({ target }) => target.id === made.id)
        .map(({ body }) => body.percent);
    };
    await spend(7, "e1", 850);
    expect(await told()).toEqual([80]);

    const unsaid = await fixture.ask("PATCH", `${budgets}/${made.id}`, {
      token: owner.token,
      body: { limitMicros: 1 },
    });
    expect([unsaid.status, (await change(7, { limitMicros: 1 })).status]).toEqual([428, 412]);

    const lowered = await change(1, { limitMicros: 900, isHard: false });
    expect([lowered.status, lowered.headers.etag, lowered.body]).toEqual([
      200,
      '"2"',
      expect.objectContaining({ id: made.id, limitMicros: 900, spentMicros: 850, isHard: false, version: 2 }),
    ]);
    await spend(8, "e2", 1);
    expect(await told()).toEqual([80]);

    expect((await change(2, { limitMicros: 10_000 })).body).toMatchObject({
      spentMicros: 851,
      isHard: false,
    });
    await spend(9, "e3", 1);
    expect(await told()).toEqual([80]);
    await spend(10, "e4", 7_200);
    expect(await told()).toEqual([80, 80]);
  });

  it("refuse nothing for a machine, which is its client's word, and say so", async () => {
    const [id] = await fixture.addMachines(fleetId, ["spender"]);
    const set = (isHard?: boolean) =>
      fixture.ask("POST", "/v1/fleets/models/budgets", {
        token: owner.token,
        body: {
          subject: "machine",
          subjectId: id,
          limitMicros: 1,
          ...(isHard === undefined ? {} : { isHard }),
        },
      });
    expect([(await set(true)).status, (await set()).body.isHard]).toEqual([400, false]);
  });

  it("are of what is in the fleet alone", async () => {
    const stranger = await fixture.addAccount("eve", "owner");
    const { body: key } = await fixture.ask("POST", "/v1/fleets/other/keys", {
      token: owner.token,
      body: { name: "of-the-other-fleet" },
    });
    for (const [subject, subjectId] of [
      ["key", "nobody"],
      ["key", key.id],
      ["member", stranger.accountId],
      ["machine", "mch_none"],
    ] as const) {
      const refused = await fixture.ask("POST", "/v1/fleets/models/budgets", {
        token: owner.token,
        body: { subject, subjectId, limitMicros: 1 },
      });
      expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
        404,
        "not_found",
        `There is no ${subject} ${subjectId} in this fleet.`,
      ]);
    }
  });
});
