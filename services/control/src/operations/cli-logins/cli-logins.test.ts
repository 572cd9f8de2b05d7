import { createHash, randomBytes } from "node:crypto";
import { request as send } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount, type TestAnswer } from "../../testing/control-fixture.ts";

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const clientId = "cmdop-cli";
const redirectUri = "http://127.0.0.1:41234/callback";
const ownPage = { "sec-fetch-site": "same-origin" };

let fixture: ControlFixture;
let ada: TestAccount & { readonly cookie: string };
let eve: TestAccount & { readonly cookie: string };

beforeAll(async () => {
  fixture = await ControlFixture.open();
  const ada_ = await fixture.addAccount("ada", "owner");
  ada = { ...ada_, cookie: await fixture.openBrowser(ada_.accountId) };
  const eve_ = await fixture.addAccount("eve");
  eve = { ...eve_, cookie: await fixture.openBrowser(eve_.accountId) };
}, 60_000);
afterAll(() => fixture.close());

const form = async (at: string, fields: Record<string, string>): Promise<TestAnswer> => {
  const answer = await send(`${fixture.url}${at}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    body: text === "" ? undefined : JSON.parse(text),
    headers: answer.headers,
  };
};

const inBrowser = (who: { cookie: string }, at: string, body?: unknown) =>
  fixture.ask("POST", at, {
    headers: { cookie: who.cookie, ...ownPage },
    ...(body === undefined ? {} : { body }),
  });

const begin = async () => {
  const { status, body } = await form("/oauth/device_authorization", {
    client_id: clientId,
    client_name: "cmdop\u001b[31m",
    hostname: "web-1",
  });
  expect(status).toBe(200);
  return body;
};
const poll = (deviceCode: string) =>
  form("/oauth/token", { grant_type: deviceGrant, client_id: clientId, device_code: deviceCode });
const claim = (who: { cookie: string }, userCode: string) =>
  inBrowser(who, "/v1/device-logins/claim", { userCode });

describe("the login of a terminal without a browser", () => {
  it("waits, is slowed down, is approved by whoever typed its code, and gives one of sixteen a login", async () => {
    const asked = await begin();
    expect(asked).toMatchObject({ expires_in: 600, interval: 5 });
    expect(asked).not.toHaveProperty("verification_uri_complete");
    expect(asked.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect((await poll(asked.device_code)).body.error).toBe("authorization_pending");
    const hasty = await poll(asked.device_code);
    expect([hasty.status, hasty.body.error, hasty.body.interval]).toEqual([400, "slow_down", 10]);

    const claimed = await claim(ada, asked.user_code.toLowerCase().replace("-", " "));
    expect(claimed.body).toMatchObject({
      client: { hostname: "web-1", name: "cmdop[31m" },
      isFromHere: true,
    });
    expect((await inBrowser(ada, `/v1/device-logins/${claimed.body.id}/approve`)).status).toBe(204);
    const answers = await Promise.all(Array.from({ length: 16 }, () => poll(asked.device_code)));
    const winners = answers.filter((answer) => answer.status === 200);
    expect(winners).toHaveLength(1);
    const losers = answers.filter((answer) => answer.status !== 200).map((answer) => answer.body.error);
    expect(new Set(losers)).toEqual(new Set(["invalid_grant"]));
    const token = winners[0]?.body.access_token;
    expect(token).toMatch(/^cmdop_cli_/);
    const me = await fixture.ask("GET", "/v1/whoami", { token });
    expect(me.body).toMatchObject({ id: ada.accountId, credential: { kind: "cli", name: "web-1" } });
  });

  it("belongs to whoever typed its code first: nobody else sees, approves or denies it", async () => {
    const asked = await begin();
    const id = (await claim(ada, asked.user_code)).body.id;
    expect((await claim(ada, asked.user_code)).status).toBe(200);
    expect((await claim(eve, asked.user_code)).status).toBe(404);
    expect((await inBrowser(eve, `/v1/device-logins/${id}/approve`)).status).toBe(404);
    expect((await inBrowser(eve, `/v1/device-logins/${id}/deny`)).status).toBe(404);
    expect((await poll(asked.device_code)).body.error).toBe("authorization_pending");
    expect((await inBrowser(ada, `/v1/device-logins/${id}/deny`)).status).toBe(204);
    expect((await poll(asked.device_code)).body.error).toBe("access_denied");
    expect((await inBrowser(ada, `/v1/device-logins/${id}/approve`)).status).toBe(404);
  });

  it("has one claimer of many, is not approved before it was claimed, and not by a terminal", async () => {
    const asked = await begin();
    const claims = await Promise.all([ada, eve, ada, eve].map((who) => claim(who, asked.user_code)));
    const owners = new Set(claims.map((answer, at) => (answer.status === 200 ? at % 2 : undefined)));
    owners.delete(undefined);
    expect(owners.size).toBe(1);
    const terminal = await fixture.ask("POST", "/v1/device-logins/claim", {
      token: ada.token,
      body: { userCode: asked.user_code },
    });
    expect([terminal.status, terminal.body.code]).toEqual([403, "permission_denied"]);
  });

  it("ends with the logins of its account: what a stolen one has approved is not fetched after that", async () => {
    const approved = async () => {
      const asked = await begin();
      const { body } = await claim(eve, asked.user_code);
      expect((await inBrowser(eve, `/v1/device-logins/${body.id}/approve`)).status).toBe(204);
      return asked.device_code;
    };
    const endings = [
      () => inBrowser(eve, "/v1/account/logins/end-others"),
      () =>
        fixture.ask("PUT", "/v1/account/password", {
          headers: { cookie: eve.cookie, ...ownPage },
          body: { password: "another good long one" },
        }),
      () =>
        fixture.ask("PATCH", `/v1/accounts/${eve.accountId}`, {
          token: ada.token,
          headers: { "if-match": '"2"' },
          body: { isDisabled: true },
        }),
    ];
    for (const end of endings) {
      const deviceCode = await approved();
      expect((await end()).status).toBeLessThan(300);
      const given = await poll(deviceCode);
      expect([given.status, given.body.error]).toEqual([400, "access_denied"]);
    }
    await fixture.change(({ db }) =>
      db.updateTable("accounts").set({ disabled_at: null }).where("id", "=", eve.accountId).execute(),
    );
  });

  it("runs out, and can be turned off", async () => {
    const asked = await begin();
    await fixture.change(async ({ db }) => {
      await db
        .updateTable("device_grants")
        .set({ expires_at: new Date(0) })
        .execute();
      await db.updateTable("installation").set({ is_device_login_allowed: false }).execute();
    });
    expect((await poll(asked.device_code)).body.error).toBe("expired_token");
    expect((await claim(ada, asked.user_code)).status).toBe(404);
    const refused = await form("/oauth/device_authorization", { client_id: clientId });
    expect([refused.status, refused.body.error]).toEqual([400, "access_denied"]);
  });

  it("answers what is wrong as OAuth clients read it", async () => {
    const cases: [Record<string, string>, string][] = [
      [{ grant_type: "password", client_id: clientId }, "unsupported_grant_type"],
      [{ grant_type: deviceGrant, client_id: "another" }, "invalid_client"],
      [{ grant_type: deviceGrant, client_id: clientId, device_code: "cmdop_dvc_x" }, "invalid_grant"],
      [{ client_id: clientId }, "invalid_request"],
    ];
    for (const [fields, error] of cases) {
      const answer = await form("/oauth/token", fields);
      expect([fields, answer.status, answer.body.error]).toEqual([fields, 400, error]);
    }
    const json = await fixture.ask("POST", "/oauth/token", { body: { client_id: clientId } });
    expect(json.status).toBe(415);
  });
});

describe("the login of a terminal beside a browser", () => {
  const verifier = randomBytes(32).toString("base64url");
  const codeChallenge = createHash("sha256").update(verifier).digest("base64url");
  const authorize = (who: { cookie: string }, more: Record<string, unknown> = {}) =>
    inBrowser(who, "/v1/terminal-logins", {
      clientId,
      redirectUri,
      state: "the state",
      codeChallenge,
      codeChallengeMethod: "S256",
      client: { name: "cmdop", hostname: "laptop" },
      ...more,
    });
  const redeem = (code: string, more: Record<string, string> = {}) =>
    form("/oauth/token", {
      grant_type: "authorization_code",
      client_id: clientId,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...more,
    });
  const newCode = async (): Promise<string> => {
    const to = new URL((await authorize(ada)).body.redirectTo);
    expect([to.origin + to.pathname, to.searchParams.get("state")]).toEqual([redirectUri, "the state"]);
    return to.searchParams.get("code") ?? "";
  };

  it("is given for the code with its verifier; the same code again ends it", async () => {
    const code = await newCode();
    for (const wrong of [
      { code_verifier: "x".repeat(43) },
      { redirect_uri: "http://127.0.0.1:1/callback" },
    ]) {
      expect((await redeem(code, wrong)).body.error).toBe("invalid_grant");
    }
    const given = await redeem(code);
    const token = given.body.access_token;
    expect((await fixture.ask("GET", "/v1/whoami", { token })).body.credential.name).toBe("laptop");
    const again = await redeem(code);
    expect([again.status, again.body.error]).toEqual([400, "invalid_grant"]);
    expect((await fixture.ask("GET", "/v1/whoami", { token })).body.code).toBe("token_revoked");
  });

  it("is given once, however many redeem the code at once", async () => {
    const code = await newCode();
    const answers = await Promise.all(Array.from({ length: 16 }, () => redeem(code)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  });

  it("is sent to the browser's own machine alone", async () => {
    const elsewhere = [
      "https://evil.example/callback",
      "http://localhost:4000/callback",
      "http://127.0.0.1/callback",
      "http://127.0.0.1:4000/callback?x=1",
      "http://127.0.0.1:4000@evil.example/",
      "http://127.0.0.1.evil.example:4000/",
    ];
    for (const redirect of elsewhere) {
      const answer = await authorize(ada, { redirectUri: redirect });
      expect([redirect, answer.status]).toEqual([redirect, 400]);
    }
  });

  it("needs a sign-in of the last fifteen minutes", async () => {
    await fixture.change(({ db }) =>
      db
        .updateTable("credentials")
        .set({ signed_in_at: new Date(Date.now() - 16 * 60_000) })
        .where("account_id", "=", eve.accountId)
        .execute(),
    );
    expect((await authorize(eve)).body.code).toBe("fresh_sign_in_needed");
  });

  it("is ended by whoever has it, and the answer tells nothing of what is no login", async () => {
    const token = (await redeem(await newCode())).body.access_token;
    const revoke = (text: string) => form("/oauth/revoke", { client_id: clientId, token: text });
    expect((await revoke("no token")).status).toBe(200);
    expect((await revoke(token)).status).toBe(200);
    expect((await revoke(token)).status).toBe(200);
    expect((await fixture.ask("GET", "/v1/whoami", { token })).body.code).toBe("token_revoked");
    const dump = await fixture.dumpDatabase();
    expect([dump.includes(token), fixture.log.lines.join("").includes(token)]).toEqual([false, false]);
  });
});
