import { mintOpaqueToken, parseJoinString } from "@cmdop/authority";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rotatedKeysPerBearerMax } from "../../core/keys/limits.ts";
import { introspect } from "../../store/edges/introspection.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let member: TestAccount;
let fleetId: string;
const at = "/v1/fleets/production/keys";

const create = (token: string, body: Record<string, unknown>, headers?: Record<string, string>) =>
  fixture.ask("POST", at, { token, body: { name: "ci", ...body }, ...(headers ? { headers } : {}) });

const revokedSubjects = (): Promise<readonly string[]> =>
  fixture.control.services.unitOfWork.read("all", async (db) => {
    const rows = await db.selectFrom("revocations").select("subjects").execute();
    return rows.flatMap((row) => row.subjects);
  });

const atTheRouter = (token: string, nowMs = Date.now()) =>
  fixture.control.services.unitOfWork.read("all", (db) =>
    introspect(db, fixture.control.services.sealer, { token, need: "router" }, nowMs),
  );

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  member = await fixture.addAccount("ben");
  const made = await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Production", slug: "production" },
  });
  fleetId = made.body.id;
  await fixture.addMember(fleetId, member.accountId, "member");
}, 60_000);
afterAll(() => fixture.close());

describe("API keys", () => {
  it("shows a key's secret once; the key works in its fleet alone", async () => {
    const made = await create(member.token, { scopes: ["fleet:read", "models:use"], actor: "ai" });
    expect(made.status).toBe(201);
    expect(made.headers["cache-control"]).toBe("no-store");
    const { secret, ...record } = made.body;
    expect(record).toMatchObject({
      kind: "api",
      fleetId,
      state: "live",
      actor: "ai",
      bearer: { kind: "account", id: member.accountId, name: "ben" },
      scopes: ["fleet:read", "models:use"],
    });
    const got = await fixture.ask("GET", `${at}/${record.id}`, { token: member.token });
    expect(got.body).toEqual(record);
    const works = await fixture.ask("GET", "/v1/fleets/production", { token: secret });
    expect(works.status).toBe(200);
    await fixture.ask("POST", "/v1/fleets", { token: owner.token, body: { name: "Other", slug: "other" } });
    const everywhere = await create(owner.token, {});
    const other = await fixture.ask("GET", "/v1/fleets/other", { token: everywhere.body.secret });
    expect([other.status, other.body.reason]).toEqual([403, "fleet_out_of_scope"]);
  });

  it("gives a key the default lifetime of 90 days and none above 366", async () => {
    const { body } = await create(owner.token, {});
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(90 * 86_400_000);
    expect((await create(owner.token, { expiresInDays: 367 })).status).toBe(400);
    expect((await create(owner.token, { expiresInDays: 0 })).status).toBe(400);
  });

  it("never makes a key wider than its maker: not in rights, in limits, in time, nor above the fleet", async () => {
    const lacking = await create(member.token, { scopes: ["members:manage"] });
    expect([lacking.status, lacking.body.right]).toEqual([403, "members:manage"]);
    expect((await create(owner.token, { scopes: ["fleets:create"] })).status).toBe(400);
    const maker = await create(owner.token, {
      scopes: ["keys:create", "fleet:read", "models:use"],
      limits: { models: ["small"], requestsPerMinute: 10, requestBytes: 4_096 },
      expiresInDays: 2,
    });
    const by = maker.body.secret;
    expect((await create(by, { scopes: ["keys:create", "keys:read"] })).status).toBe(403);
    expect((await create(by, { limits: { models: ["large"] } })).status).toBe(403);
    expect((await create(by, { limits: { requestsPerMinute: 11 } })).status).toBe(403);
    expect((await create(by, { limits: { requestBytes: 4_097 } })).status).toBe(403);
    const narrow = await create(by, { limits: { requestsPerMinute: 5 }, expiresInDays: 30 });
    expect(narrow.body).toMatchObject({
      scopes: ["fleet:read", "keys:create", "models:use"].sort(
        (a, b) => maker.body.scopes.indexOf(a) - maker.body.scopes.indexOf(b),
      ),
      limits: { models: ["small"], requestsPerMinute: 5, requestBytes: 4_096 },
      expiresAt: maker.body.expiresAt,
    });
  });

  it("needs a fresh sign-in of a person, and of a program the scope", async () => {
    await fixture.ageSignIn(member.accountId);
    const stale = await create(member.token, {});
    expect([stale.status, stale.body.code]).toEqual([403, "fresh_sign_in_needed"]);
    const unscoped = await fixture.addCredential(owner.accountId, "api");
    expect((await create(unscoped.token, {})).body.code).toBe("fresh_sign_in_needed");
    member = { ...member, token: (await fixture.addCredential(member.accountId, "cli")).token };
    expect((await create(member.token, {})).status).toBe(201);
  });

  it("lists one's own keys, everybody's to whoever may read them, and none to a stranger", async () => {
    const viewer = await fixture.addAccount("vera");
    await fixture.addMember(fleetId, viewer.accountId, "viewer");
    const list = async (token: string, query = "") =>
      (await fixture.ask("GET", `${at}${query}`, { token })).body.items;
    const all = await list(owner.token);
    expect(new Set(all.map((key: { bearer: { id: string } }) => key.bearer.id))).toEqual(
      new Set([owner.accountId, member.accountId]),
    );
    expect(await list(viewer.token)).toEqual([]);
    expect(await list(owner.token, `?fingerprint=${all[0].fingerprint}`)).toEqual([all[0]]);
    const foreign = await fixture.ask("GET", `${at}/${all[0].id}`, { token: viewer.token });
    expect(foreign.status).toBe(404);
    const stranger = await fixture.addAccount("eve");
    expect((await fixture.ask("GET", at, { token: stranger.token })).status).toBe(404);
  });

  it("narrows a key with its ETag and never widens it; edges forget what they knew of it", async () => {
    const made = await create(member.token, { scopes: ["fleet:read", "models:use"] });
    const patch = (body: unknown, version: number) =>
      fixture.ask("PATCH", `${at}/${made.body.id}`, {
        token: member.token,
        body,
        headers: { "if-match": `"${version}"` },
      });
    expect((await patch({ scopes: ["fleet:read", "keys:read"] }, 1)).status).toBe(400);
    const narrowed = await patch({ scopes: ["fleet:read"], limits: { concurrent: 1 } }, 1);
    expect(narrowed.body).toMatchObject({ scopes: ["fleet:read"], limits: { concurrent: 1 }, version: 2 });
    expect(await revokedSubjects()).toContain(made.body.id);
    expect((await patch({ limits: {} }, 2)).status).toBe(400);
    expect((await patch({ name: "late" }, 1)).status).toBe(412);
    const unnamed = await fixture.ask("PATCH", `${at}/${made.body.id}`, { token: member.token, body: {} });
    expect(unnamed.status).toBe(428);
    expect(await atTheRouter(made.body.secret)).toMatchObject({ active: false, code: "forbidden" });
  });

  it("keeps the secrets of a bearer bounded, those in their overlap too", async () => {
    const busy = await fixture.addAccount("busy");
    await fixture.addMember(fleetId, busy.accountId, "member");
    const { body: first } = await create(busy.token, {});
    await fixture.change(({ db }) =>
      sql`insert into credentials (id, kind, hash, fingerprint, account_id, fleet_id, name, created_at, expires_at)
        select 'key_' || n, 'api', sha256(n::text::bytea), 'full-' || n, ${busy.accountId}, ${fleetId}, 'full', now(),
          now() + interval '1 day'
        from generate_series(2, ${rotatedKeysPerBearerMax - 1}) n`.execute(db),
    );
    const rotate = (key: string) =>
      fixture.ask("POST", `${at}/${key}/rotate`, { token: busy.token, body: {} });
    const second = await rotate(first.id);
    const third = await rotate(second.body.id);
    expect([second.status, third.status, third.body.code]).toEqual([201, 409, "limit_reached"]);
  });

  it("rotates with an overlap; a repetition of the request gets the record and not the secret", async () => {
    const made = await create(member.token, { scopes: ["fleet:read", "models:use"], expiresInDays: 10 });
    const rotate = (key: string) =>
      fixture.ask("POST", `${at}/${made.body.id}/rotate`, {
        token: member.token,
        body: { overlapMinutes: 30 },
        headers: { "idempotency-key": key },
      });
    const rotated = await rotate("rotation-1");
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({ scopes: ["fleet:read", "models:use"], name: "ci" });
    const again = await rotate("rotation-1");
    expect([again.status, again.body.code]).toEqual([409, "secret_not_recoverable"]);
    const { secret, ...record } = rotated.body;
    expect(again.body.record).toEqual(record);
    expect((await rotate("rotation-2")).body.code).toBe("conflict");
    const now = Date.now();
    const halfAnHour = 30 * 60_000;
    expect(await atTheRouter(made.body.secret, now + halfAnHour - 60_000)).toMatchObject({ active: true });
    expect(await atTheRouter(made.body.secret, now + halfAnHour + 60_000)).toMatchObject({ active: false });
    expect(await atTheRouter(secret, now + halfAnHour + 60_000)).toMatchObject({ active: true });
  });

  it("gives the new secret of a key to one of 16 rotations at once", async () => {
    const made = await create(member.token, {});
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        fixture.ask("POST", `${at}/${made.body.id}/rotate`, { token: member.token, body: {} }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(15).fill(409)]);
    const { body } = await fixture.ask("GET", `${at}?bearer=${member.accountId}`, { token: member.token });
    const winner = answers.find((answer) => answer.status === 201)?.body.id;
    const old = body.items.find((key: { id: string }) => key.id === made.body.id);
    expect(old.replacedBy).toBe(winner);
  });

  it("never gives the secret of another person's key, and lets whoever may revoke it end it", async () => {
    const made = await create(member.token, {});
    const taken = await fixture.ask("POST", `${at}/${made.body.id}/rotate`, { token: owner.token, body: {} });
    expect(taken.status).toBe(403);
    const revoked = await fixture.ask("DELETE", `${at}/${made.body.id}`, { token: owner.token });
    expect(revoked.status).toBe(204);
    expect(await revokedSubjects()).toContain(made.body.id);
    const used = await fixture.ask("GET", "/v1/fleets", { token: made.body.secret });
    expect([used.status, used.body.code]).toEqual([401, "token_revoked"]);
    const narrow = await create(member.token, { scopes: ["fleet:read"] });
    const other = await create(member.token, {});
    const reach = await fixture.ask("DELETE", `${at}/${other.body.id}`, { token: narrow.body.secret });
    expect(reach.status).toBe(403);
    const itself = await fixture.ask("DELETE", `${at}/${narrow.body.id}`, { token: narrow.body.secret });
    expect(itself.status).toBe(204);
  });
});

describe("keys of service accounts", () => {
  it("belong to no person, are made by whoever decides about members, and end with their account", async () => {
    const services = "/v1/fleets/production/service-accounts";
    const made = await fixture.ask("POST", services, { token: owner.token, body: { name: "deploy" } });
    expect(made.body).toMatchObject({ name: "deploy", role: "automation" });
    const twice = await fixture.ask("POST", services, { token: owner.token, body: { name: "deploy" } });
    expect([twice.status, twice.body.code]).toEqual([409, "name_taken"]);
    expect((await create(member.token, { serviceAccount: "deploy" })).status).toBe(403);
    const key = await create(owner.token, { serviceAccount: "deploy" });
    expect(key.body).toMatchObject({ kind: "svc", bearer: { kind: "service", name: "deploy" } });
    expect(await atTheRouter(key.body.secret)).toMatchObject({ active: true, subject: { kind: "service" } });
    const disabled = await fixture.ask("PATCH", `${services}/${made.body.id}`, {
      token: owner.token,
      body: { isDisabled: true },
      headers: { "if-match": '"1"' },
    });
    expect(disabled.status).toBe(200);
    expect(await atTheRouter(key.body.secret)).toMatchObject({ active: false });
    const gone = await fixture.ask("DELETE", `${services}/${made.body.id}`, { token: owner.token });
    expect(gone.status).toBe(204);
    expect(await revokedSubjects()).toContain(made.body.id);
    expect((await fixture.ask("GET", `${at}/${key.body.id}`, { token: owner.token })).status).toBe(404);
  });

  it("cannot be given a role with more than its maker has", async () => {
    const admin = await fixture.addAccount("art");
    await fixture.addMember(fleetId, admin.accountId, "admin");
    const made = await fixture.ask("POST", "/v1/fleets/production/service-accounts", {
      token: admin.token,
      body: { name: "root", role: "owner" },
    });
    expect([made.status, made.body.right]).toEqual([403, "fleet:delete"]);
  });
});

describe("a leaked key", () => {
  const report = (leaked: string, token?: string) =>
    fixture.ask("POST", "/v1/leaked-keys", { token, body: { token: leaked } });

  it("ends when a stranger reports it; the stranger learns nothing, its owner what it did", async () => {
    const made = await create(member.token, { scopes: ["fleet:read", "keys:create"] });
    const child = await create(made.body.secret, {});
    const reported = await report(made.body.secret);
    const unknown = await report(mintOpaqueToken("api").token);
    expect([reported.status, unknown.status]).toEqual([200, 200]);
    expect({ ...reported.body, fingerprint: "" }).toEqual({ ...unknown.body, fingerprint: "" });
    expect(await revokedSubjects()).toContain(made.body.id);
    expect((await fixture.ask("GET", "/v1/fleets", { token: made.body.secret })).status).toBe(401);
    const told = await report(made.body.secret, member.token);
    expect(told.body.trace).toMatchObject({ id: made.body.id, name: "ci", wasLive: false });
    expect(told.body.trace.entries).toMatchObject([{ action: "key.create", targetId: child.body.id }]);
    const bystander = await fixture.addAccount("bob");
    await fixture.addMember(fleetId, bystander.accountId, "member");
    expect((await report(made.body.secret, bystander.token)).body.trace).toBeNull();
    expect((await report(child.body.secret, owner.token)).body.trace).toMatchObject({ wasLive: true });
  });

  it("may be a machine's join token: it lets none in any more", async () => {
    const made = await fixture.ask("POST", "/v1/fleets/production/join-tokens", {
      token: owner.token,
      body: {},
    });
    const token = parseJoinString(made.body.secret)?.token ?? "";
    expect((await report(token)).status).toBe(200);
    const { body } = await fixture.ask("GET", "/v1/fleets/production/join-tokens", { token: owner.token });
    expect(body.items).toMatchObject([{ id: made.body.id, state: "revoked" }]);
  });

  it("refuses what has a wrong checksum without a look into the database", async () => {
    const admin = await fixture.addAccount("zoe");
    const wrong = await report(`${mintOpaqueToken("api").token.slice(0, -1)}_`, admin.token);
    expect(wrong.status).toBe(400);
  });
});
