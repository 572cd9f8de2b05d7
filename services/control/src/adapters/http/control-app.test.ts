// What holds for every answer, whoever asks for what.
import { Readable } from "node:stream";
import { waitFor } from "@cmdop/testkit";
import { request as send } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noMeasures } from "../../measures.ts";
import { type Operation, readOperation, writeOperation } from "../../operation.ts";
import { findPrincipal } from "../../store/identity/principals.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";
import { type ControlAppOptions, createControlApp } from "./control-app.ts";
import { createRateLimits } from "./rate-limits.ts";

let fixture: ControlFixture;
let owner: TestAccount;
beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
}, 60_000);
afterAll(() => fixture.close());

const ask = async (method: "GET" | "OPTIONS" | "POST", at: string, headers: Record<string, string> = {}) => {
  const { statusCode, headers: given, body } = await send(`${fixture.url}${at}`, { method, headers });
  await body.dump();
  return { status: statusCode, headers: given };
};

describe("every answer", () => {
  it.each([
    ["an operation", "/v1/sign-in", 200],
    ["a page", "/sign-in", 200],
    ["a refusal", "/v1/whoami", 401],
    ["an address where there is nothing", "/nowhere", 404],
    ["an address that does not decode", "/v1/fleets/%E0%A4%A", 400],
  ])("of %s loads nothing from elsewhere, is framed by nobody and has an id", async (_what, at, status) => {
    const answer = await ask("GET", at);
    expect(answer).toMatchObject({
      status,
      headers: {
        "content-security-policy": expect.stringMatching(/default-src 'self'.*frame-ancestors 'none'/),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "x-request-id": expect.stringMatching(/^req_[0-9A-Za-z]{16}$/),
      },
    });
  });

  it("has the id that was asked with, where that is one, also in the audit log", async () => {
    const id = "deploy-7f3a.42";
    const answer = await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      headers: { "x-request-id": id },
      body: { name: "Main", slug: "main" },
    });
    expect(answer.headers["x-request-id"]).toBe(id);
    const { body } = await fixture.ask("GET", `/v1/audit?requestId=${id}`, { token: owner.token });
    expect(body.items).toMatchObject([{ action: "fleet.create", requestId: id }]);
    const refused = await ask("GET", "/v1/sign-in", { "x-request-id": "two words\u00e9" });
    expect(refused.headers["x-request-id"]).toMatch(/^req_/);
  });

  it("is for pages of its own alone: no origin is let in, and no browser is told that it may ask", async () => {
    const origin = "https://elsewhere.example";
    const preflight = { origin, "access-control-request-method": "POST" };
    const answers = [
      await ask("GET", "/v1/sign-in", { origin }),
      await ask("OPTIONS", "/v1/fleets", preflight),
      await ask("OPTIONS", "/v1/sign-in/password", preflight),
    ];
    const told = answers.flatMap(({ headers }) =>
      Object.keys(headers).filter((name) => name.startsWith("access-control-")),
    );
    expect([answers.map(({ status }) => status), told]).toEqual([[200, 405, 405], []]);
  });
});

describe("whoever sends slowly", () => {
  it("is asked again whether they may once their body is there: what they lost meanwhile is lost", async () => {
    const { id, token } = await fixture.addCredential(owner.accountId, "cli");
    const lastUsedAt = () =>
      fixture.control.services.unitOfWork.read("all", async (db) => {
        const row = await db.selectFrom("credentials").selectAll().where("id", "=", id).executeTakeFirst();
        return row?.last_used_at;
      });
    const text = JSON.stringify({ name: "Late", slug: "late" });
    const slowly = async function* () {
      yield text.slice(0, 5);
      await waitFor(async () => (await lastUsedAt()) !== null, { what: "its head to be admitted" });
      await fixture.revokeCredential(id);
      yield text.slice(5);
    };
    const { statusCode, body } = await send(`${fixture.url}/v1/fleets`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: Readable.from(slowly()),
    });
    const { code } = (await body.json()) as { readonly code: string };
    expect([statusCode, code]).toEqual([401, "token_revoked"]);
    expect((await fixture.ask("GET", "/v1/fleets/late", { token: owner.token })).status).toBe(404);
  });
});

describe("whoever asks too often", () => {
  it("is told when to come again, by operation and caller", async () => {
    const reset = () =>
      fixture.ask("POST", "/v1/sign-in/password-reset", { body: { code: "x", password: "a good long one" } });
    const answers = [];
    for (let count = 0; count < 11; count += 1) answers.push(await reset());
    expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array(10).fill(410));
    const last = answers.at(-1);
    expect([last?.status, last?.body.code, Number(last?.headers["retry-after"]) > 0]).toEqual([
      429,
      "rate_limited",
      true,
    ]);
    expect((await ask("GET", "/v1/sign-in")).status).toBe(200);
  });
});

describe("an operation", () => {
  const failures: unknown[] = [];
  /** An application of this one operation, asked by the owner. */
  const appOf = async (operation: Operation, options: Partial<ControlAppOptions> = {}) => {
    const { services } = fixture.control;
    const found = await services.unitOfWork.read("all", (db) =>
      findPrincipal(db, owner.token, services.clock.wallMs()),
    );
    if (found.kind === "refused") throw new Error(found.code);
    return createControlApp({
      operations: [operation],
      services,
      authenticator: { authenticate: async () => found.principal },
      rateLimits: { enter: async () => undefined },
      isLocal: () => false,
      isReady: () => true,
      measures: noMeasures,
      failed: (cause) => failures.push(cause),
      ...options,
    });
  };
  const careless = writeOperation({
    id: "careless",
    method: "POST",
    path: "/v1/careless",
    tag: "Test",
    summary: "Forgets to ask whether its caller may",
    access: { kind: "resolved", right: "fleet:read" },
    answers: { 204: null },
    handle: async ({ tx }) => {
      await tx.db.updateTable("fleets").set({ name: "taken" }).execute();
      tx.audit({ action: "test.careless", body: {} });
      return { status: 204 };
    },
  });

  it("of anybody's is limited by address, of IPv6 by the /64", async () => {
    const operation = readOperation({
      id: "shown",
      method: "GET",
      path: "/v1/shown",
      tag: "Test",
      summary: "Is shown to anybody",
      access: { kind: "public", because: "it is a test" },
      perMinute: 1,
      answers: { 204: null },
      handle: async () => ({ status: 204 }),
    });
    const authenticator = { authenticate: async () => undefined };
    const app = await appOf(operation, { authenticator, rateLimits: createRateLimits() });
    const statuses = [];
    for (const remoteAddress of ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:3::1", "192.0.2.1"]) {
      statuses.push((await app.inject({ method: "GET", url: "/v1/shown", remoteAddress })).statusCode);
    }
    expect(statuses).toEqual([204, 429, 204, 204]);
    await app.close();
  });

  it("that does not say who may is not served: the application does not start", async () => {
    const { access: _access, ...unsaid } = careless;
    await expect(appOf(unsaid as Operation)).rejects.toThrow();
  });

  it("that answers without having asked whether its caller may commits nothing", async () => {
    const app = await appOf(careless);
    const answer = await app.inject({ method: "POST", url: "/v1/careless" });
    expect([answer.statusCode, answer.json().code]).toEqual([500, "internal"]);
    expect(failures.map(String)).toEqual(["Error: careless answered without having authorized"]);
    const { body } = await fixture.ask("GET", "/v1/fleets", { token: owner.token });
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(["Main"]);
    await app.close();
  });
});
