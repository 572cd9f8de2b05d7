// What is good once is good once on PostgreSQL too, where each request has a transaction of its own at the same time.
// The suites of the operations prove the same on the embedded engine, whose one connection takes turns.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import type { EdgeEvent } from "@cmdop/edge";
import { SoftwareAuthenticator, TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { TOTP } from "otpauth";
import { request as send } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keysPerBearerMax, serviceAccountsPerFleetMax } from "./core/keys/limits.ts";
import { rolesPerFleetMax } from "./core/membership/limits.ts";
import { webhooksPerFleetMax } from "./core/webhooks/webhook-policy.ts";
import { applyEdgeEvents } from "./store/edges/apply-edge-events.ts";
import type { WriteTransaction } from "./store/unit-of-work.ts";
import { ControlFixture, type TestAccount, type TestAnswer } from "./testing/control-fixture.ts";

const atOnce = 16;
const rounds = 4;
const password = "correct horse battery";
const clientId = "cmdop-cli";

describe.skipIf(!TemporaryPostgres.isInstalled())("on PostgreSQL, at once", () => {
  let postgres: TemporaryPostgres;
  let fixture: ControlFixture;
  let owner: TestAccount & { readonly cookie: string };
  let fleet: string;

  beforeAll(async () => {
    postgres = await TemporaryPostgres.start();
    fixture = await ControlFixture.open({
      databaseUrl: postgres.url(await postgres.createDatabase()),
      rateLimits: { enter: async () => undefined },
    });
    const account = await fixture.addAccount("ada", "owner");
    owner = { ...account, cookie: await fixture.openBrowser(account.accountId) };
    const made = await ask("POST", "/v1/fleets", { name: "Main", slug: "main" });
    fleet = made.body.id;
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    await postgres.close();
  });

  const ask = (
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    at: string,
    body?: unknown,
    cookie = owner.cookie,
  ): Promise<TestAnswer> =>
    fixture.ask(method, at, {
      headers: { cookie, "sec-fetch-site": "same-origin" },
      ...(body === undefined ? {} : { body }),
    });

  const postForm = async (at: string, fields: Record<string, string>): Promise<TestAnswer> => {
    const answer = await send(`${fixture.url}${at}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString(),
    });
    return { status: answer.statusCode, body: await answer.body.json(), headers: answer.headers };
  };

  /** How many of the answers there are of each status. */
  const race = async (one: (lane: number) => Promise<TestAnswer>): Promise<Record<number, number>> => {
    const answers = await Promise.all(Array.from({ length: atOnce }, (_, lane) => one(lane)));
    const counts: Record<number, number> = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  const forgetTries = () => fixture.change(({ db }) => db.deleteFrom("sign_in_throttles").execute());

  let number = 0;
  const nextNumber = (): number => {
    number += 1;
    return number;
  };

  const codeIn = (url: unknown): string => new URL(String(url)).hash.replace("#code=", "");

  it("the first owner is made by one", async () => {
    const code = codeIn(await fixture.setupUrl());
    const counts = await race((lane) =>
      fixture.ask("POST", "/v1/setup", {
        body: { code, email: `first-${lane}@example.org`, name: "First", password },
      }),
    );
    expect(counts).toEqual({ 200: 1, 410: atOnce - 1 });
  });

  it("an approved device code gives one login", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { body: device } = await postForm("/oauth/device_authorization", { client_id: clientId });
      const claimed = await ask("POST", "/v1/device-logins/claim", { userCode: device.user_code });
      const approvals = await race(() => ask("POST", `/v1/device-logins/${claimed.body.id}/approve`));
      expect(approvals).toEqual({ 204: 1, 404: atOnce - 1 });
      const grant = {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        client_id: clientId,
        device_code: device.device_code,
      };
      expect(await race(() => postForm("/oauth/token", grant))).toEqual({ 200: 1, 400: atOnce - 1 });
    }
  });

  it("a user code is claimed by one account", async () => {
    const guest = await fixture.addAccount("claimer");
    const cookies = [owner.cookie, await fixture.openBrowser(guest.accountId)];
    for (let round = 0; round < rounds; round += 1) {
      const { body: device } = await postForm("/oauth/device_authorization", { client_id: clientId });
      const body = { userCode: device.user_code };
      // Four: who guesses more is made to wait.
      const answers = await Promise.all(
        [0, 1, 0, 1].map((whose) => ask("POST", "/v1/device-logins/claim", body, cookies[whose])),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 404, 404]);
      await forgetTries();
    }
  });

  it("a code of a terminal beside a browser gives one login", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const verifier = randomBytes(32).toString("base64url");
      const redirectUri = "http://127.0.0.1:41234/callback";
      const { body } = await ask("POST", "/v1/terminal-logins", {
        ...{ clientId, redirectUri, state: "state", codeChallengeMethod: "S256" },
        codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
        client: { name: "cmdop" },
      });
      const grant = {
        ...{ grant_type: "authorization_code", client_id: clientId, redirect_uri: redirectUri },
        code: new URL(body.redirectTo).searchParams.get("code") ?? "",
        code_verifier: verifier,
      };
      expect(await race(() => postForm("/oauth/token", grant))).toEqual({ 200: 1, 400: atOnce - 1 });
    }
  });

  it("a sign-in code and a password reset are each redeemed once", async () => {
    const socket = path.join(fixture.home, "control", "control.sock");
    const { url } = await askLocalControl(socket, "POST", "/local/v1/sign-in-codes", {
      body: { email: "ada@example.org" },
    });
    const signIns = await race(() =>
      fixture.ask("POST", "/v1/sign-in/code", { body: { code: codeIn(url) } }),
    );
    expect(signIns).toEqual({ 200: 1, 410: atOnce - 1 });
    const { body } = await ask("POST", "/v1/accounts", { email: "carol@example.org", name: "Carol" });
    const code = codeIn(body.passwordReset.url);
    const resets = await race(() =>
      fixture.ask("POST", "/v1/sign-in/password-reset", { body: { code, password } }),
    );
    expect(resets).toEqual({ 204: 1, 410: atOnce - 1 });
  });

  it("an authenticator's code and a backup code each sign one in", async () => {
    await ask("PUT", "/v1/account/password", { password });
    const begun = await ask("POST", "/v1/account/totp/enrolments");
    const app = new TOTP({ secret: begun.body.secret });
    const codeOf = (steps: number): string => app.generate({ timestamp: Date.now() + steps * 30_000 });
    const put = await ask("PUT", "/v1/account/totp", { challenge: begun.body.challenge, code: codeOf(-1) });
    expect(put.status).toBe(200);
    const factors = [
      { kind: "totp", code: codeOf(0) },
      ...put.body.backupCodes.slice(0, 2).map((code: string) => ({ kind: "backup_code", code })),
    ];
    for (const factor of factors) {
      // Four: a fifth wrong one would be made to wait.
      const challenges: string[] = [];
      for (let one = 0; one < 4; one += 1) {
        await forgetTries();
        const half = await fixture.ask("POST", "/v1/sign-in/password", {
          body: { email: "ada@example.org", password },
        });
        challenges.push(half.body.challenge);
      }
      await forgetTries();
      const answers = await Promise.all(
        challenges.map((challenge) =>
          fixture.ask("POST", "/v1/sign-in/second-factor", { body: { challenge, factor } }),
        ),
      );
      expect([factor.kind, ...answers.map(({ status }) => status).sort()]).toEqual([
        factor.kind,
        ...[200, 401, 401, 401],
      ]);
    }
    await forgetTries();
    expect((await ask("DELETE", "/v1/account/totp")).status).toBe(204);
  });

  it("a passkey's challenge adds one passkey", async () => {
    const authenticator = new SoftwareAuthenticator(`http://localhost:${fixture.control.port}`);
    const { body } = await ask("POST", "/v1/account/passkeys/options");
    const added = {
      challenge: body.challenge,
      name: "Laptop",
      response: authenticator.register(body.options),
    };
    expect(await race(() => ask("POST", "/v1/account/passkeys", added))).toEqual({ 201: 1, 410: atOnce - 1 });
  });

  it("an invitation makes one member", async () => {
    const guest = await fixture.addAccount("guest");
    const { body } = await ask("POST", "/v1/fleets/main/invitations", {
      email: "guest@example.org",
      role: "viewer",
    });
    const accept = () =>
      fixture.ask("POST", "/v1/invitations/accept", { token: guest.token, body: { code: body.secret } });
    expect((await race(accept))[201]).toBe(1);
  });

  it("of two owners of the installation who disable each other, one stays", async () => {
    // Who else is an owner is none for the time of this test.
    await fixture.change(({ db }) =>
      db.updateTable("accounts").set({ installation_role: "member" }).execute(),
    );
    for (let round = 0; round < rounds; round += 1) {
      const pair = [
        await fixture.addAccount(`one-${round}`, "owner"),
        await fixture.addAccount(`two-${round}`, "owner"),
      ] as const;
      const disable = (by: TestAccount, whom: TestAccount) =>
        fixture.ask("PATCH", `/v1/accounts/${whom.accountId}`, {
          token: by.token,
          headers: { "if-match": '"1"' },
          body: { isDisabled: true },
        });
      const answers = await Promise.all([disable(pair[0], pair[1]), disable(pair[1], pair[0])]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      await fixture.change(({ db }) =>
        db.updateTable("accounts").set({ installation_role: "member" }).execute(),
      );
    }
    await fixture.change(({ db }) =>
      db
        .updateTable("accounts")
        .set({ installation_role: "owner" })
        .where("id", "=", owner.accountId)
        .execute(),
    );
  });

  it("a key that is narrowed while it is rotated is not replaced by one that is as wide as it was", async () => {
    const { unitOfWork } = fixture.control.services;
    const { body: key } = await ask("POST", "/v1/fleets/main/keys", {
      name: "wide",
      scopes: ["fleet:read", "sessions:open"],
    });
    const outside = AsyncLocalStorage.snapshot();
    let rotated: Promise<TestAnswer> | undefined;
    // What updateKey does, held open until the rotation waits for it.
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, async ({ db }) => {
      await db
        .updateTable("credentials")
        .set((set) => ({ scopes: ["fleet:read"], version: set("version", "+", 1) }))
        .where("id", "=", key.id)
        .execute();
      rotated = outside(() => ask("POST", `/v1/fleets/main/keys/${key.id}/rotate`, {}));
      const isWaiting = async () =>
        (await sql`select from pg_locks where not granted`.execute(db)).rows.length > 0;
      await waitFor(isWaiting, { what: "the rotation to wait" });
    });
    const answer = await rotated;
    expect([answer?.status, answer?.body.code]).toEqual([409, "conflict"]);
  });

  it("a machine that is removed while it is changed, moved and rotated is changed or gone", async () => {
    await ask("POST", "/v1/fleets", { name: "Other", slug: "other" });
    for (let round = 0; round < rounds * 3; round += 1) {
      const [machine = ""] = await fixture.addMachines(fleet, [`racer-${round}`]);
      const at = `/v1/fleets/main/machines/${machine}`;
      const answers = await Promise.all([
        ask("POST", `${at}/rotate-key`),
        ask("POST", `${at}/disable`),
        ask("DELETE", at),
        ask("POST", `${at}/move`, { fleet: "other" }),
        ask("POST", `${at}/enable`),
      ]);
      expect(
        answers.map(({ status }) => status).filter((status) => ![200, 204, 404].includes(status)),
      ).toEqual([]);
    }
    expect(fixture.log.lines.filter((line) => line.includes(".failed"))).toEqual([]);
  });

  it.each([
    [
      "roles",
      () => ({ name: `role-${nextNumber()}`, rights: [] }),
      sql`insert into roles (id, fleet_id, name, rights, created_at)
        select 'rol_' || n, id, 'full-' || n, '{}', now() from fleets, generate_series(1, ${rolesPerFleetMax - 1}) n
        where slug = 'full'`,
    ],
    [
      "service-accounts",
      () => ({ name: `service-${nextNumber()}` }),
      sql`insert into service_accounts (id, fleet_id, name, role, created_at)
        select 'svc_' || n, id, 'full-' || n, 'automation', now()
        from fleets, generate_series(1, ${serviceAccountsPerFleetMax - 1}) n where slug = 'full'`,
    ],
    [
      "webhooks",
      () => ({ name: `hook-${nextNumber()}`, url: "https://hooks.example.org/", topics: ["*"] }),
      sql`insert into webhooks (id, fleet_id, name, url, topics, secret, created_at, created_by)
        select 'whk_' || n, id, 'full-' || n, 'https://hooks.example.org/', '{*}', '', now(), 'test'
        from fleets, generate_series(1, ${webhooksPerFleetMax - 1}) n where slug = 'full'`,
    ],
    [
      "keys",
      () => ({ name: "key", limits: {} }),
      sql`insert into credentials (id, kind, hash, fingerprint, account_id, fleet_id, name, created_at, expires_at, client)
        select 'key_' || n, 'api', sha256(n::text::bytea), 'full-' || n, accounts.id, fleets.id, 'full', now(),
          now() + interval '1 day', '{}'
        from fleets, accounts, generate_series(1, ${keysPerBearerMax - 1}) n
        where slug = 'full' and accounts.name = 'ada'`,
    ],
  ] as const)("of %s that are made as many as are allowed", async (list, body, fill) => {
    if (!(await ask("GET", "/v1/fleets/full")).body.id) {
      await ask("POST", "/v1/fleets", { name: "Full", slug: "full" });
    }
    await fixture.change(({ db }) => fill.execute(db));
    expect(await race(() => ask("POST", `/v1/fleets/full/${list}`, body()))).toEqual({
      201: 1,
      409: atOnce - 1,
    });
  });

  it("a budget's mark is told once, by whichever of two settlements passes it", async () => {
    const { body: budget } = await ask("POST", "/v1/fleets/main/budgets", {
      subject: "fleet",
      limitMicros: 100,
    });
    const { unitOfWork } = fixture.control.services;
    const settle = (stream: string, during: (tx: WriteTransaction) => Promise<unknown> = async () => null) =>
      unitOfWork.record({ kind: "edge", id: "test" }, { requestId: "test" }, async (tx) => {
        await applyEdgeEvents(tx, { edge: "router", stream, first: 1, events: [usageOf(stream)] });
        await during(tx);
      });
    const usageOf = (requestId: string): EdgeEvent => ({
      ...{ kind: "usage", atMs: Date.now(), requestId, fleet, accountId: null },
      ...{
        tokenId: `key_of_${requestId}`,
        machineId: null,
        endpoint: "chat",
        requestedModel: "m",
        model: "m",
        provider: "p",
      },
      ...{ inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0, searches: 0 },
      ...{ costMicros: 60, isEstimated: false, end: "finished", attempts: 1, durationMs: 1 },
    });
    const outside = AsyncLocalStorage.snapshot();
    let isSecondOver = false;
    let second: Promise<unknown> | undefined;
    await settle("first0000000000000000a", async ({ db }) => {
      second = outside(() => settle("second000000000000000a")).finally(() => {
        isSecondOver = true;
      });
      const isWaiting = async () =>
        (await sql`select from pg_locks where not granted`.execute(db)).rows.length > 0;
      await waitFor(async () => isSecondOver || (await isWaiting()), { what: "the second to wait" });
    });
    await second;
    const told = await unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select("entry").where("action", "=", "budget.alert").execute(),
    );
    expect(told.map(({ entry }) => JSON.parse(entry))).toEqual([
      expect.objectContaining({
        target: { kind: "budget", id: budget.id },
        body: { percent: 100, spentMicros: 120, limitMicros: 100 },
      }),
    ]);
  });

  describe("two edges report the same, each in its own order, and both are taken", () => {
    const report = (edge: string, work: (tx: WriteTransaction) => Promise<unknown>) =>
      fixture.control.services.unitOfWork.record(
        { kind: "edge", id: edge },
        { requestId: edge },
        async (tx) => {
          await work(tx);
        },
      );
    const take = (tx: WriteTransaction, ...events: EdgeEvent[]) =>
      applyEdgeEvents(tx, { edge: tx.actor.id, stream: randomBytes(8).toString("hex"), first: 1, events });

    /** The second begins when the first has told `one` and not yet `other`. */
    const cross = async (one: EdgeEvent, other: EdgeEvent): Promise<void> => {
      const outside = AsyncLocalStorage.snapshot();
      let second: Promise<unknown> | undefined;
      await report("relay-a", async (tx) => {
        await take(tx, one);
        second = outside(() => report("relay-b", (own) => take(own, other, one)));
        const isWaiting = async () =>
          (await sql`select from pg_locks where not granted`.execute(tx.db)).rows.length > 0;
        await waitFor(isWaiting, { what: "the second to wait" });
        await take(tx, other);
      });
      await second;
    };

    it("of machines", async () => {
      const [left = "", right = ""] = await fixture.addMachines(fleet, ["left", "right"]);
      const goneOf = (machineId: string): EdgeEvent => ({
        ...{ kind: "machine", change: "offline", atMs: Date.now(), fleet, machineId },
        ...{ name: machineId, reason: "lost", facts: null },
      });
      await cross(goneOf(left), goneOf(right));
    });

    it("of uses of keys", async () => {
      const keyOf = async (name: string): Promise<string> =>
        (await ask("POST", "/v1/fleets/main/keys", { name, scopes: ["fleet:read"] })).body.id;
      const [left = "", right = ""] = [await keyOf("left"), await keyOf("right")].sort();
      const useOf = (tokenId: string): EdgeEvent => ({
        ...{ kind: "token_use", atMs: Date.now(), fleet, tokenId, count: 1, plane: "relay" },
      });
      await cross(useOf(left), useOf(right));
    });
  });
});
