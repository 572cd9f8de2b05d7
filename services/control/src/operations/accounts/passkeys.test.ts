import { SoftwareAuthenticator } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, cookieOf } from "../../testing/control-fixture.ts";

let fixture: ControlFixture;
let accountId: string;
let cookie: string;
let authenticator: SoftwareAuthenticator;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  ({ accountId } = await fixture.addAccount("ada", "owner"));
  cookie = await fixture.openBrowser(accountId);
  authenticator = new SoftwareAuthenticator(`http://localhost:${fixture.control.port}`);
}, 60_000);
afterAll(() => fixture.close());

const ask = (method: "GET" | "POST" | "DELETE", at: string, body?: unknown) =>
  fixture.ask(method, at, {
    headers: { cookie, "sec-fetch-site": "same-origin" },
    ...(body === undefined ? {} : { body }),
  });

const begin = async () => (await fixture.ask("POST", "/v1/sign-in/passkey/options")).body;
const signIn = (challenge: string, response: unknown) =>
  fixture.ask("POST", "/v1/sign-in/passkey", { body: { challenge, response } });

describe("a passkey", () => {
  it("is added for this server alone, once for each challenge", async () => {
    const { challenge, options } = (await ask("POST", "/v1/account/passkeys/options")).body;
    expect(options).toMatchObject({
      rp: { id: "localhost" },
      authenticatorSelection: { userVerification: "required", residentKey: "required" },
    });
    const add = (response: unknown) =>
      ask("POST", "/v1/account/passkeys", { challenge, name: "Laptop", response });
    const elsewhere = new SoftwareAuthenticator("https://cmdop.example.org");
    expect((await add(elsewhere.register(options))).status).toBe(400);
    const response = authenticator.register(options);
    const answers = await Promise.all([add(response), add(response), add(response)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 410, 410]);
    expect((await ask("GET", "/v1/account/passkeys")).body.items).toMatchObject([{ name: "Laptop" }]);
  });

  it("signs in by itself, with a second factor; one of four that answer the same challenge", async () => {
    const { challenge, options } = await begin();
    const response = authenticator.signIn(options);
    const answers = await Promise.all(Array.from({ length: 4 }, () => signIn(challenge, response)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 410, 410, 410]);
    expect((await signIn(challenge, response)).status).toBe(410);
    const winner = answers.find((answer) => answer.status === 200);
    const me = await fixture.ask("GET", "/v1/whoami", {
      headers: { cookie: winner ? cookieOf(winner) : "" },
    });
    expect(me.body).toMatchObject({ id: accountId, credential: { hasSecondFactor: true } });
  });

  it("signs in once with each count, also where a copy answers another challenge at the same moment", async () => {
    const [one, other] = [await begin(), await begin()];
    const response = authenticator.signIn(one.options);
    authenticator.rewind(1);
    const ofCopy = authenticator.signIn(other.options);
    const answers = await Promise.all([signIn(one.challenge, response), signIn(other.challenge, ofCopy)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401]);
  });

  it("is found by an id that is a text alone", async () => {
    for (const id of [{ toString: null, valueOf: 1 }, ["x"], 7, undefined]) {
      const { challenge, options } = (await fixture.ask("POST", "/v1/sign-in/passkey/options")).body;
      const answer = await signIn(challenge, { ...authenticator.signIn(options), id });
      expect([id, answer.status, answer.body.code]).toEqual([id, 401, "sign_in_failed"]);
    }
  });

  it("does not sign in without a finger or a PIN, for another challenge, or as a copy with an old count", async () => {
    const first = await begin();
    const other = await begin();
    expect(
      (await signIn(first.challenge, authenticator.signIn(first.options, { isVerified: false }))).status,
    ).toBe(401);
    expect((await signIn(first.challenge, authenticator.signIn(other.options))).status).toBe(401);
    const stranger = new SoftwareAuthenticator(`http://localhost:${fixture.control.port}`);
    expect((await signIn(first.challenge, stranger.signIn(first.options))).status).toBe(401);
    authenticator.rewind();
    expect((await signIn(first.challenge, authenticator.signIn(first.options))).status).toBe(401);
  });

  it("makes a login fresh again, and is removed by its owner alone", async () => {
    await fixture.change(({ db }) =>
      db
        .updateTable("credentials")
        .set({ signed_in_at: new Date(0) })
        .where("kind", "=", "ses")
        .execute(),
    );
    const [passkey] = (await ask("GET", "/v1/account/passkeys")).body.items;
    const at = `/v1/account/passkeys/${passkey.id}`;
    expect((await ask("DELETE", at)).body.code).toBe("fresh_sign_in_needed");
    const { challenge, options } = await begin();
    for (let step = 0; step < 8; step += 1) authenticator.signIn(options);
    const confirmed = await ask("POST", "/v1/sign-in/confirm/passkey", {
      challenge,
      response: authenticator.signIn(options),
    });
    expect(confirmed.status).toBe(200);
    const stranger = await fixture.addAccount("eve");
    const rename = { token: stranger.token, body: { name: "Eve's" } };
    expect((await fixture.ask("PATCH", at, rename)).status).toBe(404);
    expect((await ask("GET", "/v1/account/passkeys")).body.items[0].name).toBe(passkey.name);
    expect((await fixture.ask("DELETE", at, { token: stranger.token })).status).toBe(404);
    const setHash = (value: string | null) =>
      fixture.change(({ db }) =>
        db.updateTable("accounts").set({ password_hash: value }).where("id", "=", accountId).execute(),
      );
    await setHash(null);
    expect((await ask("DELETE", at)).body.code).toBe("conflict");
    await setHash("$argon2id$of-a-password");
    expect((await ask("DELETE", at)).status).toBe(204);
    const again = await begin();
    expect((await signIn(again.challenge, authenticator.signIn(again.options))).status).toBe(401);
  });
});
