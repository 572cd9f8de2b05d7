import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-expect-error It comes without types.
import Provider from "oidc-provider";
import { request as send } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  cookieOf,
  type TestAccount,
  type TestAnswer,
} from "../../testing/control-fixture.ts";

const clientSecret = "the secret of the client there";
let fixture: ControlFixture;
let owner: TestAccount;
let identity: Server;
let issuer: string;
let providerId: string;
let fleetId: string;
/** By subject. */
const groups = new Map<string, readonly string[]>();

/** A real provider (https://www.npmjs.com/package/oidc-provider) on loopback, with its development sign-in. */
const openProvider = async (redirectUri: string): Promise<void> => {
  identity = createServer();
  await new Promise<void>((resolve) => identity.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(identity.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "cmdop",
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    scopes: ["openid", "email", "profile", "groups"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: ["a key of the test"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@example.com`,
        email_verified: id !== "mallory",
        name: id.toUpperCase(),
        groups: [...(groups.get(id) ?? [])],
      }),
    }),
  });
  identity.on("request", provider.callback());
};

/** A browser: cookies of both sides, redirects by hand. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(url: string, form?: Record<string, string>): Promise<TestAnswer> {
    const { host } = new URL(url);
    const mine = [...this.#cookies].filter(([name]) => name.startsWith(`${host} `));
    const answer = await send(url, {
      method: form ? "POST" : "GET",
      headers: {
        cookie: mine.map(([name, value]) => `${name.split(" ")[1]}=${value}`).join("; "),
        ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    });
    for (const set of [answer.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.#cookies.set(`${host} ${name}`, value);
    }
    return { status: answer.statusCode, body: await answer.body.text(), headers: answer.headers };
  }

  /** Signs in at the provider and stops before it comes back: the address of the callback. */
  async callbackFor(login: string): Promise<string> {
    const begun = await this.go(`${fixture.url}/v1/sign-in/oidc/corp?next=/device`);
    expect(begun.status).toBe(302);
    let at = String(begun.headers.location);
    for (let step = 0; step < 12; step += 1) {
      const { pathname } = new URL(at);
      if (pathname.endsWith("/oidc-callback")) return at.replace(/^http:\/\/localhost/, "http://127.0.0.1");
      const page = await this.go(at);
      const next = page.headers.location;
      if (next !== undefined) {
        at = new URL(String(next), at).href;
        continue;
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(page.body)?.[1] ?? "";
      const answered = await this.go(at, { prompt, login, password: "any" });
      at = new URL(String(answered.headers.location), at).href;
    }
    throw new Error(`the provider does not come to an end: ${at}`);
  }

  async signIn(login: string): Promise<TestAnswer> {
    return this.go(await this.callbackFor(login));
  }
}

const me = async (answer: TestAnswer) =>
  (await fixture.ask("GET", "/v1/whoami", { headers: { cookie: cookieOf(answer) } })).body;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("owner", "owner");
  await openProvider(`http://localhost:${fixture.control.port}/v1/sign-in/oidc-callback`);
  const fleet = await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Production", slug: "production" },
  });
  fleetId = fleet.body.id;
  const made = await fixture.ask("POST", "/v1/identity-providers", {
    token: owner.token,
    body: {
      slug: "corp",
      name: "Corp",
      issuer,
      clientId: "cmdop",
      clientSecret,
      scopes: ["openid", "email", "profile", "groups"],
      signUp: true,
      mfaTrusted: true,
    },
  });
  expect(made.status).toBe(201);
  providerId = made.body.id;
  const mapped = await fixture.ask("PUT", `/v1/identity-providers/${providerId}/group-roles`, {
    token: owner.token,
    headers: { "if-match": '"1"' },
    body: {
      items: [
        { group: "sre", fleetId, role: "admin" },
        { group: "dev", fleetId, role: "viewer" },
      ],
    },
  });
  expect(mapped.status).toBe(200);
}, 60_000);
afterAll(async () => {
  identity.closeAllConnections();
  identity.close();
  await fixture.close();
});

describe("sign-in at an outside provider", () => {
  it("makes an account whose fleets are those of its groups, and goes where it was asked for", async () => {
    groups.set("grace", ["dev", "sre"]);
    const answer = await new Browser().signIn("grace");
    expect([answer.status, answer.headers.location]).toEqual([303, "/device"]);
    expect(await me(answer)).toMatchObject({
      email: "grace@example.com",
      name: "GRACE",
      installationRole: "member",
      fleets: [{ slug: "production", role: "admin" }],
      credential: { hasSecondFactor: true },
    });
  });

  it("changes and takes away what its groups gave at the next one, and tells the edges", async () => {
    groups.set("grace", ["dev"]);
    const changed = await me(await new Browser().signIn("grace"));
    expect(changed.fleets).toMatchObject([{ role: "viewer" }]);
    groups.set("grace", []);
    const answer = await new Browser().signIn("grace");
    const removed = await me(answer);
    expect([removed.id, removed.fleets]).toEqual([changed.id, []]);
    const revocations = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("revocations").select("subjects").execute(),
    );
    expect(
      revocations.filter((row) => row.subjects.some((subject) => subject.startsWith("mem_"))),
    ).toHaveLength(2);
  });

  it("is finished once, in the browser that began it", async () => {
    const browser = new Browser();
    const callback = await browser.callbackFor("grace");
    const elsewhere = await new Browser().go(callback);
    expect(elsewhere.status).toBe(410);
    const forged = await browser.go(callback.replace(/state=[^&]+/, "state=another"));
    expect(forged.status).toBe(401);
    expect((await browser.go(callback)).status).toBe(303);
    expect([401, 410]).toContain((await browser.go(callback)).status);
  });

  it("signs nobody in to an account that has the address, or with one that is not vouched for", async () => {
    await fixture.change(({ db }) =>
      db
        .updateTable("accounts")
        .set({ email: "linus@example.com" })
        .where("id", "=", owner.accountId)
        .execute(),
    );
    const taken = await new Browser().signIn("linus");
    expect([taken.status, JSON.parse(taken.body).code]).toEqual([409, "conflict"]);
    const unproven = await new Browser().signIn("mallory");
    expect([unproven.status, JSON.parse(unproven.body).code]).toEqual([401, "sign_in_failed"]);
  });

  it("is set up by nobody who gives rights that they lack, and keeps its secret sealed", async () => {
    const other = await fixture.addAccount("other", "owner");
    const refused = await fixture.ask("PUT", `/v1/identity-providers/${providerId}/group-roles`, {
      token: other.token,
      headers: { "if-match": '"2"' },
      body: { items: [{ group: "sre", fleetId, role: "owner" }] },
    });
    expect([refused.status, refused.body.code]).toEqual([403, "permission_denied"]);
    const listed = await fixture.ask("GET", "/v1/identity-providers", { token: owner.token });
    expect(listed.body.items).toMatchObject([{ slug: "corp", hasClientSecret: true }]);
    const dump = await fixture.dumpDatabase();
    expect([dump.includes(clientSecret), fixture.log.lines.join("").includes(clientSecret)]).toEqual([
      false,
      false,
    ]);
  });
});
