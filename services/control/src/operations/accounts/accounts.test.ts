import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, cookieOf, type TestAccount } from "../../testing/control-fixture.ts";

let fixture: ControlFixture;
let ada: TestAccount;
let bob: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open();
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
