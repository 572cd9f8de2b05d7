import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, cookieOf, type TestAnswer } from "../../testing/control-fixture.ts";

const password = "correct horse battery";
const email = "ada@example.org";
let fixture: ControlFixture;
/** Every secret that the tests came by: searched for in the log and in the database at the end. */
const secrets: string[] = [password];

beforeAll(async () => {
  // As the product hashes and compares by itself.
  fixture = await ControlFixture.open({ passwords: undefined });
}, 60_000);
afterAll(() => fixture.close());

const ownPage = { "sec-fetch-site": "same-origin" };

const signIn = (body: { email?: string; password?: string } = {}): Promise<TestAnswer> =>
  fixture.ask("POST", "/v1/sign-in/password", { body: { email, password, ...body } });

const askWith = (cookie: string, method: "GET" | "POST" | "PUT" | "DELETE", at: string, body?: unknown) =>
  fixture.ask(method, at, { headers: { cookie, ...ownPage }, ...(body === undefined ? {} : { body }) });

/** An hour later, as far as the counts of tries are concerned. */
const forgetAllTries = () => fixture.change(({ db }) => db.deleteFrom("sign_in_throttles").execute());

describe("the first owner", () => {
  it("is made with the newest code that was asked for on the machine, by one of many who have it", async () => {
    const astray = new URL(await fixture.setupUrl()).hash.replace("#code=", "");
    const url = new URL(await fixture.setupUrl());
    expect([url.pathname, url.search]).toEqual(["/setup", ""]);
    const code = url.hash.replace("#code=", "");
    secrets.push(code);
    const setUp = (name: string) =>
      fixture.ask("POST", "/v1/setup", { body: { code, email, name, password } });
    const wrong = await fixture.ask("POST", "/v1/setup", {
      body: { code: `${code}x`, email, name: "Eve", password },
    });
    expect([wrong.status, wrong.body.code]).toEqual([410, "gone"]);
    const former = await fixture.ask("POST", "/v1/setup", {
      body: { code: astray, email, name: "Eve", password },
    });
    expect([former.status, former.body.code]).toEqual([410, "gone"]);
    const answers = await Promise.all(["Ada", "Eve", "Bob", "Cleo"].map(setUp));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 410, 410, 410]);
    expect((await fixture.ask("GET", "/v1/sign-in")).body).toMatchObject({ isClaimed: true });
    const [account] = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("accounts").select("password_hash").execute(),
    );
    expect(account?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await expect(fixture.setupUrl()).rejects.toMatchObject({ code: "gone" });
  });

  it("needs a long password that is not their name", async () => {
    for (const bad of ["short", "aaaaaaaaaaaaaaaa", email]) {
      const answer = await fixture.ask("POST", "/v1/setup", {
        body: { code: "x", email, name: "Ada", password: bad },
      });
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, "/password"]);
    }
  });
});

describe("sign-in with a password", () => {
  it("gives a browser a cookie that works from its own pages alone, until it signs out", async () => {
    const answer = await signIn();
    const cookie = cookieOf(answer);
    secrets.push(cookie.split("=")[1] ?? "");
    expect(answer.body).not.toHaveProperty("secret");
    expect((await fixture.ask("GET", "/v1/whoami", { headers: { cookie } })).body).toMatchObject({
      email,
      installationRole: "owner",
      credential: { kind: "ses", hasSecondFactor: false },
    });
    const post = (headers: Record<string, string>) =>
      fixture.ask("POST", "/v1/sign-out", { headers: { cookie, ...headers } });
    expect((await post({})).body.code).toBe("origin_not_allowed");
    expect((await post({ "sec-fetch-site": "cross-site" })).body.code).toBe("origin_not_allowed");
    expect((await post({ origin: "https://elsewhere.example" })).body.code).toBe("origin_not_allowed");
    const token = cookie.split("=")[1];
    expect((await fixture.ask("GET", "/v1/whoami", { token })).status).toBe(401);
    const out = await post(ownPage);
    expect([out.status, out.headers["set-cookie"]]).toEqual([204, expect.stringMatching(/Max-Age=0/)]);
    expect((await fixture.ask("GET", "/v1/whoami", { headers: { cookie } })).body.code).toBe("token_revoked");
    const again = await fixture.ask("POST", "/v1/sign-in/password", {
      body: { email, password },
      headers: { cookie, ...ownPage },
    });
    expect(again.status).toBe(200);
  });

  it("says the same of a wrong password and of an account that is not there", async () => {
    const wrong = await signIn({ password: "not the password" });
    const absent = await signIn({ email: "nobody@example.org" });
    const { requestId: _a, ...first } = wrong.body;
    const { requestId: _b, ...second } = absent.body;
    expect([wrong.status, first]).toEqual([absent.status, second]);
    expect(first.code).toBe("sign_in_failed");
  });

  it("checks five wrong passwords of forty that come at once, and then makes even the right one wait", async () => {
    await forgetAllTries();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_item, at) => signIn({ password: `guess number ${at}` })),
    );
    const codes = answers.map((answer) => answer.body.code);
    expect(codes.filter((code) => code === "sign_in_failed")).toHaveLength(5);
    expect(codes.filter((code) => code === "rate_limited")).toHaveLength(35);
    const right = await signIn();
    expect([right.status, Number(right.headers["retry-after"]) > 0]).toEqual([429, true]);
    await forgetAllTries();
    expect((await signIn()).status).toBe(200);
  });
});

describe("a second factor", () => {
  let cookie: string;
  let app: TOTP;
  let backupCodes: string[];
  let currentId: string;

  const codeOf = (steps: number): string => app.generate({ timestamp: Date.now() + steps * 30_000 });
  const challenge = async (): Promise<string> => {
    const answer = await signIn();
    expect(answer.body).toMatchObject({ kind: "second_factor_needed", factors: ["totp", "backup_code"] });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    return answer.body.challenge;
  };
  const give = (sealed: string, factor: { kind: string; code: string }) =>
    fixture.ask("POST", "/v1/sign-in/second-factor", { body: { challenge: sealed, factor } });

  it("is added once its app has made a code, and the login that added it has it from then on", async () => {
    await forgetAllTries();
    cookie = cookieOf(await signIn());
    const begun = await askWith(cookie, "POST", "/v1/account/totp/enrolments");
    app = new TOTP({ secret: begun.body.secret });
    secrets.push(begun.body.secret);
    expect(begun.body.url).toMatch(/^otpauth:\/\/totp\/cmdop:ada%40example.org\?/);
    expect(begun.body.qrRows).toEqual(fixture.control.services.totpCodes.qrRows(begun.body.url));
    const put = (code: string) =>
      askWith(cookie, "PUT", "/v1/account/totp", { challenge: begun.body.challenge, code });
    expect((await put("000000")).status).toBe(400);
    const done = await put(codeOf(-1));
    backupCodes = done.body.backupCodes;
    secrets.push(...backupCodes);
    expect(new Set(backupCodes).size).toBe(10);
    expect((await put(codeOf(0))).body.code).toBe("gone");
    const me = await askWith(cookie, "GET", "/v1/whoami");
    currentId = me.body.credential.id;
    expect(me.body.credential.hasSecondFactor).toBe(true);
  });

  it("is good once: one of four that give the same code at once is signed in", async () => {
    await forgetAllTries();
    const challenges = [await challenge(), await challenge(), await challenge(), await challenge()];
    await forgetAllTries();
    const code = codeOf(0);
    const answers = await Promise.all(challenges.map((sealed) => give(sealed, { kind: "totp", code })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401, 401]);
    const late = await give(challenges[0] ?? "", { kind: "totp", code: codeOf(-1) });
    expect(late.body.code).toBe("sign_in_failed");
  });

  it("may be a backup code, of which each signs one of four in", async () => {
    await forgetAllTries();
    const challenges = [await challenge(), await challenge(), await challenge(), await challenge()];
    await forgetAllTries();
    const code = backupCodes[0]?.toLowerCase() ?? "";
    const answers = await Promise.all(
      challenges.map((sealed) => give(sealed, { kind: "backup_code", code })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401, 401]);
    await forgetAllTries();
    const winner = challenges[answers.findIndex((answer) => answer.status === 200)] ?? "";
    const again = await give(winner, { kind: "backup_code", code: backupCodes[1] ?? "" });
    expect(again.body.code).toBe("gone");
  });

  it("opens a fleet that asks for one, which a password alone does not", async () => {
    await forgetAllTries();
    await fixture.change(async ({ db }) => {
      await db.updateTable("fleets").set({ mfa_required: true }).execute();
      await db
        .updateTable("credentials")
        .set({ proofs: ["password"] })
        .where("id", "=", currentId)
        .execute();
    });
    const refused = await askWith(cookie, "GET", "/v1/fleets/default");
    expect([refused.status, refused.body.code]).toEqual([403, "mfa_needed"]);
    const confirm = (factor?: { kind: string; code: string }) =>
      askWith(cookie, "POST", "/v1/sign-in/confirm", { password, ...(factor ? { factor } : {}) });
    expect((await confirm()).status).toBe(401);
    expect((await confirm({ kind: "backup_code", code: backupCodes[2] ?? "" })).status).toBe(200);
    expect((await askWith(cookie, "GET", "/v1/fleets/default")).status).toBe(200);
  });

  it("is listed with the logins that have it; others are ended from here, and with a new password", async () => {
    await forgetAllTries();
    const logins = await askWith(cookie, "GET", "/v1/account/logins?kind=browser");
    expect(logins.body.items.length).toBeGreaterThan(2);
    expect(logins.body.items.filter((login: { isCurrent: boolean }) => login.isCurrent)).toHaveLength(1);
    const other = logins.body.items.find((login: { isCurrent: boolean }) => !login.isCurrent);
    expect((await askWith(cookie, "DELETE", `/v1/account/logins/${other.id}`)).status).toBe(204);
    expect((await askWith(cookie, "DELETE", `/v1/account/logins/${other.id}`)).status).toBe(404);
    const stranger = await fixture.addAccount("stranger");
    const current = logins.body.items.find((login: { isCurrent: boolean }) => login.isCurrent);
    expect(current.id).toBe(currentId);
    const foreign = await fixture.ask("DELETE", `/v1/account/logins/${current.id}`, {
      token: stranger.token,
    });
    expect(foreign.status).toBe(404);
    const changed = await askWith(cookie, "PUT", "/v1/account/password", {
      password: "a quite new password",
    });
    secrets.push("a quite new password");
    expect(changed.status).toBe(204);
    const left = await askWith(cookie, "GET", "/v1/account/logins");
    expect(left.body.items.map((login: { id: string }) => login.id)).toEqual([current.id]);
    expect((await signIn()).status).toBe(401);
  });

  it("takes no password again that was one of the last, at a change and at a reset", async () => {
    const choose = (chosen: string) => askWith(cookie, "PUT", "/v1/account/password", { password: chosen });
    const last = [
      "a quite new password",
      ...["one", "two", "three", "four", "five"].map((word) => `password ${word} of ada`),
    ];
    secrets.push(...last);
    for (const chosen of last.slice(1)) expect((await choose(chosen)).status).toBe(204);
    for (const chosen of last) {
      const answer = await choose(chosen);
      expect([chosen, answer.status, answer.body.errors[0].pointer]).toEqual([chosen, 400, "/password"]);
    }
    const mine = await askWith(cookie, "GET", "/v1/whoami");
    const offered = await askWith(cookie, "POST", `/v1/accounts/${mine.body.id}/password-reset`, {});
    const code = new URL(offered.body.url).hash.replace("#code=", "");
    const reset = (chosen: string) =>
      fixture.ask("POST", "/v1/sign-in/password-reset", { body: { code, password: chosen } });
    expect((await reset(last[3] ?? "")).status).toBe(400);
    // The oldest has made room for the five after it.
    expect((await reset(password)).status).toBe(204);
    const kept = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("former_passwords").select("hash").execute(),
    );
    expect(kept).toHaveLength(5);
  });
});

describe("what signs in", () => {
  it("stands in no log, no audit entry and no table as it is", async () => {
    await fixture.control.services.denials.flush();
    const dump = await fixture.dumpDatabase();
    expect(dump).toContain(email);
    for (const secret of secrets) {
      expect([secret, dump.includes(secret), fixture.log.lines.join("").includes(secret)]).toEqual([
        secret,
        false,
        false,
      ]);
    }
  });
});
