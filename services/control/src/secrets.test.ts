// Every secret that the API gives or takes in a run is looked for where none may be.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { askLocalControl, parseJoinString } from "@cmdop/authority";
import { SecretSearch, SoftwareAuthenticator } from "@cmdop/testkit";
import { TOTP } from "otpauth";
import { request as send } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createApiDocument } from "./server.ts";
import { ControlFixture, cookieOf, type TestAnswer } from "./testing/control-fixture.ts";
import { isWatchedMember } from "./testing/secret-watch.ts";
import { TestMachine } from "./testing/test-machine.ts";

const email = "ada@example.org";
const passwords = ["planted-password-7f3a-91c2", "planted-password-of-a-reset"] as const;
const given = {
  providerKey: "sk-planted-key-of-a-fleet-4411",
  sharedKey: "sk-planted-key-of-all-fleets-8822",
  accountKey: "sk-planted-key-of-an-account-6633",
  providerHeader: "planted-header-of-a-provider-3355",
  clientSecret: "planted-client-secret-of-a-provider",
} as const;
const clientId = "cmdop-cli";

let fixture: ControlFixture;
let away: string;
const secrets = new Map<string, string>();

beforeAll(async () => {
  fixture = await ControlFixture.open({
    env: { CMDOP_LOG_LEVEL: "debug" },
    rateLimits: { enter: async () => undefined },
  });
  away = mkdtempSync(path.join(tmpdir(), "cmdop-secrets-"));
}, 60_000);
afterAll(async () => {
  await fixture.close();
  rmSync(away, { recursive: true, force: true });
});

const codeIn = (url: unknown): string => new URL(String(url)).hash.replace("#code=", "");

/** Keeps it, to be looked for; gives it back. */
const keep = (name: string, secret: unknown): string => {
  expect([name, typeof secret]).toEqual([name, "string"]);
  secrets.set(name, String(secret));
  return String(secret);
};

/** Succeeds; with a key under which the answer is stored. */
const ask = async (
  method: "GET" | "POST" | "PUT",
  at: string,
  { cookie, body }: { readonly cookie?: string; readonly body?: unknown } = {},
): Promise<TestAnswer> => {
  const answer = await fixture.ask(method, at, {
    headers: {
      ...(cookie === undefined ? {} : { cookie, "sec-fetch-site": "same-origin" }),
      ...(method === "GET" ? {} : { "idempotency-key": randomBytes(8).toString("hex") }),
    },
    ...(body === undefined ? {} : { body }),
  });
  expect([at, answer.status < 300]).toEqual([at, true]);
  return answer;
};

const postForm = async (at: string, fields: Record<string, string>): Promise<Record<string, unknown>> => {
  const answer = await send(`${fixture.url}${at}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
  expect([at, answer.statusCode]).toEqual([at, 200]);
  return (await answer.body.json()) as Record<string, unknown>;
};

/** Sign-in in all its forms; gives the owner's cookie. */
const gatherSignIns = async (): Promise<string> => {
  const setUp = { code: keep("setup code", codeIn(await fixture.setupUrl())), email, name: "Ada" };
  const first = await ask("POST", "/v1/setup", { body: { ...setUp, password: passwords[0] } });
  const cookie = cookieOf(first);
  keep("browser session", cookie.split("=")[1]);

  const passkey = (await ask("POST", "/v1/account/passkeys/options", { cookie })).body;
  const response = new SoftwareAuthenticator(`http://localhost:${fixture.control.port}`).register(
    passkey.options,
  );
  keep("passkey challenge", passkey.options.challenge);
  await ask("POST", "/v1/account/passkeys", {
    cookie,
    body: { challenge: passkey.challenge, name: "Laptop", response },
  });
  const enrolment = (await ask("POST", "/v1/account/totp/enrolments", { cookie })).body;
  const app = new TOTP({ secret: keep("TOTP secret", enrolment.secret) });
  keep("TOTP secret in hex", app.secret.hex.toLowerCase());
  const body = { challenge: keep("TOTP challenge", enrolment.challenge), code: app.generate() };
  const { backupCodes } = (await ask("PUT", "/v1/account/totp", { cookie, body })).body;
  for (const [at, code] of backupCodes.entries()) keep(`backup code ${at}`, code);
  const half = (await ask("POST", "/v1/sign-in/password", { body: { email, password: passwords[0] } })).body;
  const second = await ask("POST", "/v1/sign-in/second-factor", {
    body: {
      challenge: keep("sign-in challenge", half.challenge),
      factor: { kind: "backup_code", code: backupCodes[0] },
    },
  });
  keep("session of a second factor", cookieOf(second).split("=")[1]);

  const socket = path.join(fixture.home, "control", "control.sock");
  const { url } = await askLocalControl(socket, "POST", "/local/v1/sign-in-codes", { body: { email } });
  await ask("POST", "/v1/sign-in/code", { body: { code: keep("sign-in code", codeIn(url)) } });
  const carol = await ask("POST", "/v1/accounts", {
    cookie,
    body: { email: "carol@example.org", name: "Carol" },
  });
  const code = keep("reset code", codeIn(carol.body.passwordReset.url));
  await ask("POST", "/v1/sign-in/password-reset", { body: { code, password: passwords[1] } });
  return cookie;
};

const gatherLogins = async (cookie: string): Promise<void> => {
  const device = await postForm("/oauth/device_authorization", { client_id: clientId });
  const deviceCode = keep("device code", device.device_code);
  const userCode = keep("user code", device.user_code);
  keep("user code as it is compared", userCode.replace("-", ""));
  const claimed = await ask("POST", "/v1/device-logins/claim", { cookie, body: { userCode } });
  await ask("POST", `/v1/device-logins/${claimed.body.id}/approve`, { cookie });
  const login = await postForm("/oauth/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: clientId,
    device_code: deviceCode,
  });
  keep("login by a device code", login.access_token);
  const verifier = keep("code verifier", randomBytes(32).toString("base64url"));
  const redirectUri = "http://127.0.0.1:41234/callback";
  const authorized = await ask("POST", "/v1/terminal-logins", {
    cookie,
    body: {
      ...{ clientId, redirectUri, state: "state", codeChallengeMethod: "S256" },
      codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
      client: { name: "cmdop" },
    },
  });
  const code = keep("OAuth code", new URL(authorized.body.redirectTo).searchParams.get("code"));
  const beside = await postForm("/oauth/token", {
    ...{ grant_type: "authorization_code", client_id: clientId, code, redirect_uri: redirectUri },
    code_verifier: verifier,
  });
  keep("login beside a browser", beside.access_token);
};

const gatherFleet = async (cookie: string): Promise<void> => {
  const make = async (at: string, body: unknown): Promise<Record<string, unknown>> =>
    (await ask("POST", at, { cookie, body })).body;
  const fleet = "/v1/fleets/main";
  await make("/v1/fleets", { name: "Main", slug: "main" });
  await make(`${fleet}/service-accounts`, { name: "robot", role: "automation" });
  keep("edge", (await make("/v1/edges", { name: "relay-1", kind: "relay" })).secret);
  keep("key", (await make(`${fleet}/keys`, { name: "mine" })).secret);
  const its = await make(`${fleet}/keys`, { name: "its", serviceAccount: "robot" });
  keep("service key", its.secret);
  keep("rotated key", (await make(`${fleet}/keys/${its.id}/rotate`, {})).secret);
  const hook = { name: "hook", url: "https://example.org/planted-path", topics: ["key.*"] };
  keep("webhook secret", (await make(`${fleet}/webhooks`, hook)).secret);
  keep("invitation", (await make(`${fleet}/invitations`, { email: "carol@example.org" })).secret);
  await make(`${fleet}/providers`, {
    name: "openai",
    keys: [given.providerKey],
    headers: { "x-team": given.providerHeader },
  });
  await make("/v1/providers", { name: "shared", keys: [given.sharedKey] });
  await make("/v1/account/providers", { name: "own", keys: [given.accountKey] });
  await make("/v1/identity-providers", {
    ...{ name: "Us", slug: "us", issuer: "https://id.example.org", clientId: "cmdop" },
    clientSecret: given.clientSecret,
  });
  const { secret } = await make(`${fleet}/join-tokens`, { name: "web" });
  keep("join token", parseJoinString(keep("join string", secret))?.token);
  const machine = new TestMachine(fixture, "web-1");
  const joined = await machine.join(String(secret));
  keep("machine token", joined.body.token);
};

it("no secret is in the database, an export, the log, a refusal or the API's document", async () => {
  const cookie = await gatherSignIns();
  await gatherLogins(cookie);
  await gatherFleet(cookie);
  for (const [name, secret] of Object.entries(given)) keep(name, secret);
  for (const [at, password] of passwords.entries()) keep(`password ${at}`, password);

  // Each is presented where it is not taken, in every place of a request that a refusal could repeat.
  const refusals: string[] = [];
  const token = secrets.get("login by a device code");
  for (const secret of secrets.values()) {
    for (const asked of [
      fixture.ask("GET", "/v1/audit", { token: `${secret}x` }),
      fixture.ask("POST", "/v1/fleets", { token, body: { slug: `${secret} `, name: { secret } } }),
      fixture.ask("GET", "/v1/fleets/main/audit?since=never", { token, headers: { "if-match": secret } }),
      fixture.ask("POST", "/v1/sign-in/password", { body: { email, password: `${secret}x` } }),
      fixture.ask("POST", "/v1/sign-in/code", { body: { code: `${secret}x` } }),
    ]) {
      const answer = await asked;
      expect(answer.status).toBeGreaterThanOrEqual(400);
      refusals.push(JSON.stringify([answer.body, answer.headers]));
    }
  }
  await fixture.control.services.denials.flush();
  const document = JSON.stringify((await fixture.ask("GET", "/openapi.json")).body);
  const database = await fixture.dumpDatabase();
  await fixture.control.close();
  const file = path.join(away, "cmdop.export");
  execFileSync(
    process.execPath,
    [
      path.resolve(import.meta.dirname, "../../../apps/cli/bin/cmdop.mjs"),
      "control",
      "export",
      "--out",
      file,
    ],
    { env: { ...process.env, CMDOP_HOME: fixture.home }, stdio: "pipe" },
  );
  const places: Readonly<Record<string, string>> = {
    database,
    export: readFileSync(file, "utf8"),
    log: fixture.log.lines.join("\n"),
    refusals: refusals.join("\n"),
    document,
  };
  // What is searched is there: an address, a start, a refusal, an operation.
  expect(places.database).toContain("planted-path");
  expect(places.export).toContain("planted-path");
  expect(places.log).toContain("control.listening");
  expect(places.refusals).toContain("urn:cmdop:failure");
  expect(places.document).toContain("createWebhook");
  const search = new SecretSearch();
  for (const [name, secret] of secrets) search.note(name, secret);
  const found = Object.entries(places).flatMap(([place, text]) => search.findIn(place, text));
  expect(found).toEqual([]);
  expect(search.size).toBeGreaterThan(35);
  // What every suite of a control plane searches for by itself holds all of these.
  const unnoted = [...secrets].filter(([, secret]) => !fixture.secrets.isNoted(secret));
  expect(unnoted.map(([name]) => name)).toEqual([]);
}, 120_000);

it("a suite in which a secret is logged, stored or told to whoever is refused fails, and shows none of it", async () => {
  const leaking = await ControlFixture.open();
  const owner = await leaking.addAccount("ada", "owner");
  const asked = { token: owner.token, body: { name: "Main", slug: "main" } };
  expect((await leaking.ask("POST", "/v1/fleets", asked)).status).toBe(201);
  const hook = { name: "hook", url: "https://example.org/", topics: ["key.*"] };
  const made = await leaking.ask("POST", "/v1/fleets/main/webhooks", { token: owner.token, body: hook });
  const { secret } = made.body;
  leaking.log.write(`{"event":"leak.logged","text":"${secret}"}\n`);
  const sealing = readFileSync(path.join(leaking.home, "control", "sealing.key"), "utf8").trim();
  const hex = Buffer.from(sealing, "base64url").toString("hex");
  await leaking.change(({ db }) =>
    db
      .updateTable("fleets")
      .set({ description: `${secret} ${hex}` })
      .where("slug", "=", "main")
      .execute(),
  );
  const told = await leaking.ask("GET", "/v1/fleets", { headers: { "x-request-id": secret } });
  expect(told.status).toBe(401);
  const failure: Error = await leaking.close().then(
    () => new Error("nothing was found"),
    (error: Error) => error,
  );
  expect(failure.message.split("\n").slice(1).sort()).toEqual([
    "sealing.key in the database: fleets",
    "secret of POST 201 in a refusal: GET:401",
    "secret of POST 201 in the database: fleets",
    "secret of POST 201 in the log: leak.logged",
  ]);
  expect(failure.message).not.toContain(secret);
}, 60_000);

it("a member of a request or an answer whose name speaks of a secret is searched for, or known to be public", async () => {
  const speaking = /(secret|token|password|codes?|challenge|verifier|keys|headers)$/i;
  const names = new Set<string>();
  const gather = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("properties" in value) for (const name of Object.keys(value.properties ?? {})) names.add(name);
    for (const part of Object.values(value)) gather(part);
  };
  gather(await createApiDocument());
  const unwatched = [...names].filter((name) => speaking.test(name) && !isWatchedMember(name));
  expect(unwatched.sort()).toEqual([
    "codeChallenge",
    "errorCode",
    "exitCode",
    "hasClientSecret",
    "hasPassword",
  ]);
});
