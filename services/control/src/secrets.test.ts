// Every secret that the API gives in a run is looked for where none may be.
import { afterAll, beforeAll, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "./testing/control-fixture.ts";

let fixture: ControlFixture;
let owner: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open({ env: { CMDOP_LOG_LEVEL: "debug" } });
  owner = await fixture.addAccount("ada", "owner");
}, 60_000);
afterAll(() => fixture.close());

const password = "planted-password-7f3a-91c2";

it("no secret is in the database, the log, a refusal or the API's document", async () => {
  const { token } = owner;
  const mint = async (at: string, body: unknown): Promise<string> => {
    const answer = await fixture.ask("POST", at, { token, body });
    expect([at, answer.status]).toEqual([at, 201]);
    const secret = answer.body.secret ?? answer.body.joinString;
    expect(typeof secret).toBe("string");
    return secret;
  };
  await fixture.ask("POST", "/v1/fleets", { token, body: { name: "Main", slug: "main" } });
  const cookie = await fixture.openBrowser(owner.accountId);
  await fixture.ask("POST", "/v1/fleets/main/service-accounts", {
    token,
    body: { name: "robot", role: "automation" },
  });
  const secrets = [
    token,
    cookie.split("=")[1] ?? "",
    await mint("/v1/edges", { name: "relay-1", kind: "relay" }),
    await mint("/v1/fleets/main/keys", { name: "mine" }),
    await mint("/v1/fleets/main/keys", { name: "its", serviceAccount: "robot" }),
    await mint("/v1/fleets/main/webhooks", {
      name: "hook",
      url: "https://example.org/planted-path",
      topics: ["key.*"],
    }),
  ];
  const joined = await fixture.ask("POST", "/v1/fleets/main/join-tokens", { token, body: { name: "web" } });
  expect(joined.status).toBe(201);
  secrets.push((await fixture.setupUrl()).split("code=").at(-1) ?? "");
  secrets.push(String(joined.body.secret).split(".").at(-1) ?? "");

  // Each is presented where it is not taken, in every place of a request that a refusal could repeat.
  const refusals: string[] = [];
  for (const secret of [...secrets, password]) {
    for (const asked of [
      fixture.ask("GET", "/v1/audit", { token: `${secret}x` }),
      fixture.ask("POST", "/v1/fleets", { token, body: { slug: secret, name: { secret } } }),
      fixture.ask("GET", "/v1/fleets/main/audit?since=never", { token, headers: { "if-match": secret } }),
      fixture.ask("POST", "/v1/sign-in/password", { body: { email: "ada@example.org", password: secret } }),
    ]) {
      const answer = await asked;
      expect(answer.status).toBeGreaterThanOrEqual(400);
      refusals.push(JSON.stringify([answer.body, answer.headers]));
    }
  }
  await fixture.control.services.denials.flush();
  const places: Readonly<Record<string, string>> = {
    database: await fixture.dumpDatabase(),
    log: fixture.log.lines.join("\n"),
    refusals: refusals.join("\n"),
    document: JSON.stringify((await fixture.ask("GET", "/openapi.json")).body),
  };
  // What is searched is there: an address, a start, a refusal, an operation.
  expect(places.database).toContain("planted-path");
  expect(places.log).toContain("control.listening");
  expect(places.refusals).toContain("urn:cmdop:failure");
  expect(places.document).toContain("createWebhook");
  for (const secret of [...secrets, password]) {
    expect(secret.length).toBeGreaterThan(20);
    for (const [place, text] of Object.entries(places)) {
      expect([place, text.includes(secret)]).toEqual([place, false]);
    }
  }
});
