import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createArgon2Passwords } from "../../adapters/passwords/argon2-passwords.ts";
import { ControlFixture, cookieOf, type TestAccount } from "../../testing/control-fixture.ts";

let fixture: ControlFixture;
let ada: TestAccount;
let bob: TestAccount;
/** What happens while a password is being checked. */
let whileChecked: (() => Promise<unknown>) | undefined;

beforeAll(async () => {
  const passwords = createArgon2Passwords({ memoryCost: 8, timeCost: 1, parallelism: 1 });
  fixture = await ControlFixture.open({
    passwords: {
      ...passwords,
      matches: async (password, known) => {
        const isSame = await passwords.matches(password, known);
        await whileChecked?.();
        return isSame;
      },
    },
  });
  ada = await fixture.addAccount("ada", "owner");
  bob = await fixture.addAccount("bob", "owner");
}, 60_000);
afterAll(() => fixture.close());

const change = (who: TestAccount, id: string, version: number, body: unknown) =>
  fixture.ask("PATCH", `/v1/accounts/${id}`, {
    token: who.token,
    headers: { "if-match": `"${version}"` },
    body,
  });

describe("accounts", () => {
  it("are made by an owner; their owner chooses the password, once, and signs in", async () => {
    const made = await fixture.ask("POST", "/v1/accounts", {
      token: ada.token,
      body: { email: "Carol@Example.org", name: "Carol" },
    });
    expect(made.body.account).toMatchObject({ email: "carol@example.org", installationRole: "member" });
    const url = new URL(made.body.passwordReset.url);
    expect([url.pathname, url.search]).toEqual(["/reset", ""]);
    const code = url.hash.replace("#code=", "");
    const password = "a password of carol";
    const choose = () => fixture.ask("POST", "/v1/sign-in/password-reset", { body: { code, password } });
    const answers = await Promise.all([choose(), choose(), choose()]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, 410, 410]);
    const signedIn = await fixture.ask("POST", "/v1/sign-in/password", {
      body: { email: "carol@example.org", password },
    });
    const cookie = cookieOf(signedIn);
    await fixture.ask("POST", "/v1/sign-in/password", {
      body: { email: "carol@example.org", password: "wrong" },
    });
    await fixture.control.services.denials.flush();
    const history = await fixture.ask("GET", "/v1/account/sign-ins", { headers: { cookie } });
    expect(history.body.items).toMatchObject([
      { isSuccess: false, proofs: ["password"] },
      { isSuccess: true, proofs: ["password"], ip: "127.0.0.1" },
    ]);
    const refused = await fixture.ask("GET", "/v1/accounts", { headers: { cookie } });
    expect(refused.status).toBe(403);
    const dump = await fixture.dumpDatabase();
    expect([dump.includes(code), fixture.log.lines.join("").includes(code)]).toEqual([false, false]);
  });

  it("give no login for a password that was replaced while it was checked", async () => {
    const { accountId } = await fixture.addAccount("dan");
    const login = { email: "dan@example.org", password: "the old one of dan" };
    const { services } = fixture.control;
    const replace = async (password: string) => {
      const hash = await services.passwords.hash(password);
      await fixture.change(({ db, now }) =>
        db
          .updateTable("accounts")
          .set({ password_hash: hash, password_changed_at: now })
          .where("id", "=", accountId)
          .execute(),
      );
    };
    await replace(login.password);
    whileChecked = () => replace("the new one of dan");
    const late = await fixture.ask("POST", "/v1/sign-in/password", { body: login });
    whileChecked = undefined;
    expect([late.status, late.body.code, late.headers["set-cookie"]]).toEqual([
      401,
      "sign_in_failed",
      undefined,
    ]);
  });

  it("leave no plain hash of a password where a request may be repeated", async () => {
    const password = "a password of bob";
    const ask = (chosen: string) =>
      fixture.ask("PUT", "/v1/account/password", {
        token: bob.token,
        headers: { "idempotency-key": "once" },
        body: { password: chosen },
      });
    expect((await ask(password)).status).toBe(204);
    expect((await ask("another password of bob")).body.code).toBe("idempotency_key_reused");
    const request = JSON.stringify(["setPassword", "/v1/account/password", { password }]);
    const plain = createHash("sha256").update(request).digest("hex");
    const kept = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("idempotency_keys").select("request_hash").execute(),
    );
    expect(kept).toHaveLength(1);
    expect(kept.map((row) => row.request_hash.toString("hex"))).not.toContain(plain);
  });

  it("are looked after by people: a key of theirs sees and ends no login", async () => {
    const key = await fixture.addCredential(bob.accountId, "api");
    const answers = [
      await fixture.ask("GET", "/v1/account/logins", { token: key.token }),
      await fixture.ask("POST", "/v1/account/logins/end-others", { token: key.token }),
      await fixture.ask("DELETE", `/v1/account/logins/${key.id}`, { token: key.token }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(3).fill([403, "permission_denied"]),
    );
    expect((await fixture.ask("GET", "/v1/whoami", { token: bob.token })).status).toBe(200);
  });

  it("that are disabled are refused at once, and edges are told", async () => {
    const eve = await fixture.addAccount("eve");
    expect((await fixture.ask("GET", "/v1/whoami", { token: eve.token })).status).toBe(200);
    expect((await change(ada, eve.accountId, 1, { isDisabled: true })).status).toBe(200);
    expect((await fixture.ask("GET", "/v1/whoami", { token: eve.token })).body.code).toBe("token_revoked");
    const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("revocations").select("subjects").execute(),
    );
    expect(rows.flatMap((row) => row.subjects)).toContain(eve.accountId);
    expect((await change(ada, eve.accountId, 1, { isDisabled: false })).body.code).toBe(
      "precondition_failed",
    );
    expect((await change(ada, eve.accountId, 2, { isDisabled: false })).status).toBe(200);
    expect((await fixture.ask("GET", "/v1/whoami", { token: eve.token })).status).toBe(200);
  });

  it("keep one owner, also when two take each other's role away at once", async () => {
    const answers = await Promise.all([
      change(ada, bob.accountId, 1, { installationRole: "member" }),
      change(bob, ada.accountId, 1, { installationRole: "member" }),
    ]);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    const owners = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("accounts").select("id").where("installation_role", "=", "owner").execute(),
    );
    expect(owners).toHaveLength(1);
  });
});
