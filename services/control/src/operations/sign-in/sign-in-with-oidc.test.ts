import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyGroups } from "../../store/membership/outside-memberships.ts";
import {
  ControlFixture,
  cookieOf,
  type TestAccount,
  type TestAnswer,
} from "../../testing/control-fixture.ts";
import { TestIdentityProvider } from "../../testing/identity-provider.ts";
import { TestBrowser } from "../../testing/test-browser.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let identity: TestIdentityProvider;
let providerId: string;
let fleetId: string;

/** Somebody who signs in at the provider. */
class Browser extends TestBrowser {
  constructor(accept?: string) {
    super(fixture, accept);
  }

  /** Stops before it comes back: the address of the callback. */
  async callbackFor(login: string): Promise<string> {
    const begun = await this.go(`${fixture.url}/v1/sign-in/oidc/corp?next=/device`);
    expect(begun.status).toBe(302);
    return this.through(String(begun.headers.location), login);
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
  identity = await TestIdentityProvider.open(
    `http://localhost:${fixture.control.port}/v1/sign-in/oidc-callback`,
  );
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
      issuer: identity.issuer,
      clientId: identity.clientId,
      clientSecret: identity.clientSecret,
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
  identity.close();
  await fixture.close();
});

describe("sign-in at an outside provider", () => {
  it("makes an account whose fleets are those of its groups, and goes where it was asked for", async () => {
    identity.groups.set("grace", ["dev", "sre"]);
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

  it.each(["//elsewhere.example", "/\\elsewhere.example", "/\t/elsewhere.example", "/caf\u00e9"])(
    "goes to no other host: not by %j",
    async (next) => {
      const begun = await new Browser().go(
        `${fixture.url}/v1/sign-in/oidc/corp?next=${encodeURIComponent(next)}`,
      );
      expect([begun.status, begun.headers.location]).toEqual([400, undefined]);
    },
  );

  it("changes and takes away what its groups gave at the next one, and tells the edges", async () => {
    identity.groups.set("grace", ["dev"]);
    const changed = await me(await new Browser().signIn("grace"));
    expect(changed.fleets).toMatchObject([{ role: "viewer" }]);
    identity.groups.set("grace", []);
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

  it("touches nothing that another provider's groups gave, and gives nothing over it", async () => {
    const { body: second } = await fixture.ask("POST", "/v1/identity-providers", {
      token: owner.token,
      body: { slug: "second", name: "Second", issuer: "https://second.example.org", clientId: "cmdop" },
    });
    const { accountId } = await fixture.addAccount("of-two");
    const { random } = fixture.control.services;
    const afterSignIn = async (provider: string, groups: readonly string[]) => {
      await fixture.change((tx) => applyGroups(tx, random, { providerId: provider, accountId, groups }));
      return fixture.control.services.unitOfWork.read("all", (db) =>
        db
          .selectFrom("memberships")
          .select(["role", "provider_id"])
          .where("account_id", "=", accountId)
          .execute(),
      );
    };
    await fixture.change(({ db }) =>
      db
        .insertInto("identity_group_roles")
        .values({ provider_id: second.id, group_name: "ops", fleet_id: fleetId, role: "admin" })
        .execute(),
    );
    const byFirst = [{ role: "viewer", provider_id: providerId }];
    const bySecond = [{ role: "admin", provider_id: second.id }];
    expect(await afterSignIn(providerId, ["dev"])).toEqual(byFirst);
    expect(await afterSignIn(second.id, [])).toEqual(byFirst);
    expect(await afterSignIn(second.id, ["ops"])).toEqual(byFirst);
    expect(await afterSignIn(providerId, [])).toEqual([]);
    expect(await afterSignIn(second.id, ["ops"])).toEqual(bySecond);
    expect(await afterSignIn(providerId, [])).toEqual(bySecond);
    await fixture.ask("DELETE", `/v1/identity-providers/${second.id}`, { token: owner.token });
    expect(await afterSignIn(providerId, [])).toEqual([{ role: "admin", provider_id: null }]);
  });

  it("takes no owner away whom only one with an end, or one who is shut out, would stand in for", async () => {
    const { body: fleet } = await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      body: { name: "Kept", slug: "kept" },
    });
    identity.groups.set("edsger", []);
    const edsger = await me(await new Browser().signIn("edsger"));
    const keeper = await fixture.addMember(fleet.id, edsger.id, "owner");
    await fixture.change(async ({ db, nowMs }) => {
      await db
        .updateTable("memberships")
        .set({ source: "oidc", provider_id: providerId })
        .where("id", "=", keeper)
        .execute();
      await db
        .updateTable("memberships")
        .set({ expires_at: new Date(nowMs + 3_600_000) })
        .where("account_id", "=", owner.accountId)
        .where("fleet_id", "=", fleet.id)
        .execute();
    });
    const after = await me(await new Browser().signIn("edsger"));
    expect(after.fleets).toMatchObject([{ slug: "kept", role: "owner" }]);
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

  it("is told to a person on a page, and to a program as a problem", async () => {
    const answer = await new Browser("text/html,*/*").signIn("mallory");
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      `/sign-in#problem=${encodeURIComponent("Corp does not vouch for an address of yours.")}`,
    ]);
  });

  it("is set up by nobody who gives rights that they lack, and keeps its secret sealed", async () => {
    const other = await fixture.addAccount("other", "owner");
    const refused = await fixture.ask("PUT", `/v1/identity-providers/${providerId}/group-roles`, {
      token: other.token,
      headers: { "if-match": '"2"' },
      body: { items: [{ group: "sre", fleetId, role: "owner" }] },
    });
    expect([refused.status, refused.body.code]).toEqual([403, "permission_denied"]);
    // Nor by one who may less on a machine than whoever comes by a group.
    const [machine = ""] = await fixture.addMachines(fleetId, ["vault"]);
    const limited = await fixture.addMember(fleetId, other.accountId, "owner");
    const limit = await fixture.ask("PUT", `/v1/fleets/production/members/${limited}/machines/${machine}`, {
      token: owner.token,
      body: { level: "view" },
    });
    const wider = await fixture.ask("PUT", `/v1/identity-providers/${providerId}/group-roles`, {
      token: other.token,
      headers: { "if-match": '"2"' },
      body: { items: [{ group: "sre", fleetId, role: "viewer" }] },
    });
    expect([limit.status, wider.status, wider.body.reason]).toEqual([200, 403, "not_grantable"]);
    // Nor by one whose own membership ends: what a group gives does not.
    const leaving = await fixture.addAccount("leaving", "owner");
    const member = await fixture.addMember(fleetId, leaving.accountId, "viewer");
    const ended = await fixture.ask("PATCH", `/v1/fleets/production/members/${member}`, {
      token: owner.token,
      headers: { "if-match": '"1"' },
      body: { expiresAt: new Date(fixture.control.services.clock.wallMs() + 3_600_000).toISOString() },
    });
    const longer = await fixture.ask("PUT", `/v1/identity-providers/${providerId}/group-roles`, {
      token: leaving.token,
      headers: { "if-match": '"2"' },
      body: { items: [{ group: "sre", fleetId, role: "viewer" }] },
    });
    expect([ended.status, longer.status, longer.body.reason]).toEqual([200, 403, "outlasts_giver"]);
    const items = ["viewer", "member"].map((role) => ({ group: "sre", fleetId, role }));
    const twice = await fixture.ask("PUT", `/v1/identity-providers/${providerId}/group-roles`, {
      token: owner.token,
      headers: { "if-match": '"2"' },
      body: { items },
    });
    expect([twice.status, twice.body.code]).toEqual([400, "invalid_argument"]);
    const listed = await fixture.ask("GET", "/v1/identity-providers", { token: owner.token });
    expect(listed.body.items).toMatchObject([{ slug: "corp", hasClientSecret: true }]);
    const dump = await fixture.dumpDatabase();
    expect([
      dump.includes(identity.clientSecret),
      fixture.log.lines.join("").includes(identity.clientSecret),
    ]).toEqual([false, false]);
  });
});

describe("identity providers", () => {
  it("are 32 at most: the page of the sign-in lists them all", async () => {
    const own = await ControlFixture.open();
    try {
      const { token } = await own.addAccount("owner", "owner");
      const add = (number: number) =>
        own.ask("POST", "/v1/identity-providers", {
          token,
          body: {
            ...{ slug: `corp-${number}`, name: "Corp", issuer: `https://corp-${number}.example.org` },
            ...{ clientId: "cmdop", scopes: [], signUp: false, mfaTrusted: false },
          },
        });
      const answers = await Promise.all(Array.from({ length: 34 }, (_, number) => add(number)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(32);
      const codes = new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code));
      expect([...codes]).toEqual(["limit_reached"]);
    } finally {
      await own.close();
    }
  });
});

describe("an identity there and an account here", () => {
  const password = "horses eat batteries";
  let number = 0;

  /** Somebody with a password, signed in in a browser of their own. */
  const person = async (): Promise<Browser> => {
    number += 1;
    const account = await fixture.addAccount(`person-${number}`);
    const hash = await fixture.control.services.passwords.hash(password);
    await fixture.change(({ db }) =>
      db.updateTable("accounts").set({ password_hash: hash }).where("id", "=", account.accountId).execute(),
    );
    return signedIn(`person-${number}@example.org`);
  };

  const signedIn = async (email: string): Promise<Browser> => {
    const browser = new Browser();
    expect((await browser.ask("POST", "/v1/sign-in/password", { email, password })).status).toBe(200);
    return browser;
  };

  const link = async (browser: Browser, login: string): Promise<TestAnswer> => {
    browser.forget(identity.issuer);
    const begun = await browser.ask("POST", "/v1/account/identities", { provider: "corp" });
    expect(begun.status).toBe(200);
    return browser.go(await browser.through(begun.body.url, login));
  };

  const identities = async (browser: Browser) =>
    (await browser.ask("GET", "/v1/account/identities")).body.items;

  it("are linked by the account's own page: from then on it signs in to that account, with its groups", async () => {
    const browser = await person();
    identity.groups.set("radia", ["dev"]);
    const answer = await link(browser, "radia");
    expect([answer.status, answer.headers.location]).toEqual([303, "/account"]);
    expect(await identities(browser)).toMatchObject([{ provider: { slug: "corp" }, subject: "radia" }]);
    const mine = (await browser.ask("GET", "/v1/whoami")).body;
    expect(mine.fleets).toMatchObject([{ slug: "production", role: "viewer" }]);
    expect((await me(await new Browser().signIn("radia"))).id).toBe(mine.id);
    expect((await link(browser, "radia")).status).toBe(303);
  });

  it("are of one account: the second is refused, and so is another identity of the same provider", async () => {
    const first = await person();
    expect((await link(first, "barbara")).status).toBe(303);
    const second = await link(await person(), "barbara");
    expect([second.status, JSON.parse(second.body).code]).toEqual([409, "conflict"]);
    const another = await link(first, "frances");
    expect([another.status, JSON.parse(another.body).code]).toEqual([409, "conflict"]);
    expect(await identities(first)).toMatchObject([{ subject: "barbara" }]);
  });

  it("are linked by the login that asked for it alone, and after a fresh sign-in", async () => {
    const browser = await person();
    const begun = await browser.ask("POST", "/v1/account/identities", { provider: "corp" });
    const callback = await browser.through(begun.body.url, "hedy");
    await browser.ask("POST", "/v1/sign-out");
    const email = `person-${number}@example.org`;
    expect((await browser.ask("POST", "/v1/sign-in/password", { email, password })).status).toBe(200);
    expect((await browser.go(callback)).status).toBe(410);
    expect(await identities(browser)).toEqual([]);

    await fixture.change(({ db }) =>
      db
        .updateTable("credentials")
        .set({ signed_in_at: new Date(Date.now() - 16 * 60_000) })
        .where("kind", "=", "ses")
        .execute(),
    );
    const stale = await browser.ask("POST", "/v1/account/identities", { provider: "corp" });
    expect(stale.body.code).toBe("fresh_sign_in_needed");
    const script = await fixture.ask("POST", "/v1/account/identities", {
      token: owner.token,
      body: { provider: "corp" },
    });
    expect(script.status).toBe(403);
  });

  it("are parted with what the groups gave and the logins by it; the last way to sign in stays", async () => {
    const browser = await person();
    identity.groups.set("katherine", ["dev"]);
    await link(browser, "katherine");
    const elsewhere = await new Browser().signIn("katherine");
    const gone = await browser.ask("DELETE", `/v1/account/identities/${providerId}`);
    expect([gone.status, await identities(browser)]).toEqual([204, []]);
    expect((await browser.ask("GET", "/v1/whoami")).body.fleets).toEqual([]);
    expect(
      (await fixture.ask("GET", "/v1/whoami", { headers: { cookie: cookieOf(elsewhere) } })).body.code,
    ).toBe("token_revoked");

    const outsider = new Browser();
    expect((await outsider.signIn("joan")).status).toBe(303);
    const refused = await outsider.ask("DELETE", `/v1/account/identities/${providerId}`);
    expect([refused.status, refused.body.code, (await identities(outsider)).length]).toEqual([
      409,
      "conflict",
      1,
    ]);
  });
});

describe("an identity provider", () => {
  it("is changed as it was read, and shut and opened again", async () => {
    const listed = await fixture.ask("GET", "/v1/identity-providers", { token: owner.token });
    const { version } = listed.body.items[0];
    const at = `/v1/identity-providers/${providerId}`;
    const change = (of: number, body: object) =>
      fixture.ask("PATCH", at, { token: owner.token, headers: { "if-match": `"${of}"` }, body });
    expect((await change(version + 7, { name: "Corporation" })).status).toBe(412);
    const shut = await change(version, { name: "Corporation", isEnabled: false });
    expect([shut.status, shut.headers.etag, shut.body]).toEqual([
      200,
      `"${version + 1}"`,
      expect.objectContaining({ name: "Corporation", disabledAt: expect.any(String), hasClientSecret: true }),
    ]);
    expect((await fixture.ask("GET", "/v1/sign-in/oidc/corp")).status).toBe(404);
    const opened = await change(version + 1, { isEnabled: true });
    expect(opened.body).toMatchObject({ disabledAt: null, issuer: identity.issuer });
    expect((await new Browser().signIn("grace")).status).toBe(303);
    const moved = await change(version + 2, { clientSecret: "another secret" });
    expect(moved.status).toBe(200);
    expect((await new Browser().signIn("grace")).status).toBe(401);
  });
});
