import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { SoftwareAuthenticator, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { exitCodes } from "../exit-codes.ts";
import { openTestTerminal, type TestTerminalOptions } from "../testing/test-terminal.ts";

const relayPin = `sha256:${"A".repeat(43)}`;

let fixture: ControlFixture;
let ada: TestAccount;
let cookie: string;

beforeAll(async () => {
  fixture = await ControlFixture.open({
    env: { CMDOP_CONTROL_RELAYS: "127.0.0.1:1", CMDOP_CONTROL_RELAY_CA_PIN: relayPin },
  });
  ada = await fixture.addAccount("ada", "owner");
  cookie = await fixture.openBrowser(ada.accountId);
}, 60_000);
afterAll(() => fixture.close());

const openTerminal = (env: Record<string, string> = {}) =>
  openTestTerminal({
    CMDOP_HOME: path.join(fixture.home, "terminal"),
    CMDOP_CONTROL: fixture.url,
    ...env,
  });

const inBrowser = (at: string, body?: unknown) =>
  fixture.ask("POST", at, {
    headers: { cookie, "sec-fetch-site": "same-origin" },
    ...(body === undefined ? {} : { body }),
  });

const loginFile = () => path.join(fixture.home, "terminal", "cli", "login.token");

describe("cmdop login", () => {
  it("with a browser: is sent the code, keeps the token to itself, and is listed, seen and ended", async () => {
    const terminal = openTerminal({ DISPLAY: ":none", PATH: "/nowhere" });
    const login = terminal.run("login", "--name", "laptop");
    const url = await waitFor(() => /http\S+\/oauth\/authorize\S+/.exec(terminal.texts.error)?.[0]);
    const query = new URL(url).searchParams;
    const approved = await inBrowser("/v1/terminal-logins", {
      clientId: query.get("client_id"),
      redirectUri: query.get("redirect_uri"),
      state: query.get("state"),
      codeChallenge: query.get("code_challenge"),
      codeChallengeMethod: query.get("code_challenge_method"),
      client: { name: query.get("client_name"), hostname: query.get("hostname") },
    });
    const forged = await fetch(`${query.get("redirect_uri")}?code=x&state=another`);
    expect(forged.status).toBe(404);
    expect((await fetch(approved.body.redirectTo)).status).toBe(200);
    expect(await login).toBe(0);

    const token = readFileSync(loginFile(), "utf8").trim();
    expect(token).toMatch(/^cmdop_cli_/);
    expect(terminal.texts.out + terminal.texts.error).not.toContain(token);
    // Where sessions are is not typed by hand.
    expect(
      JSON.parse(readFileSync(path.join(path.dirname(loginFile()), "config.json"), "utf8")),
    ).toMatchObject({
      relay: "127.0.0.1:1",
      caPin: relayPin,
    });
    const next = openTerminal();
    expect(await next.run("whoami", "--json")).toBe(0);
    expect(JSON.parse(next.texts.out)).toMatchObject({ name: "ada", credential: { name: "laptop" } });
    const list = openTerminal();
    expect(await list.run("tokens", "list", "--json")).toBe(0);
    expect(JSON.parse(list.texts.out)).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ name: "laptop", kind: "cli", isCurrent: true })]),
    );
    expect(await openTerminal().run("logout")).toBe(0);
    expect(existsSync(loginFile())).toBe(false);
    expect((await fixture.ask("GET", "/v1/whoami", { token })).body.code).toBe("token_revoked");
  });

  it("is not needed by a key: the relay is asked of the control plane", async () => {
    const terminal = openTerminal({ CMDOP_HOME: path.join(fixture.home, "bare"), CMDOP_TOKEN: ada.token });
    expect(await terminal.run("sessions", "--json")).toBe(5);
    expect(JSON.parse(terminal.texts.error).error).toMatchObject({ code: "unavailable" });
  });

  it("without a browser: shows a code, waits for its approval, and says when it was refused", async () => {
    const decide = async (decision: "approve" | "deny", expected: number) => {
      const terminal = openTerminal();
      const login = terminal.run("login", "--device");
      const userCode = await waitFor(() => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(terminal.texts.error)?.[0]);
      const claimed = await inBrowser("/v1/device-logins/claim", { userCode });
      expect((await inBrowser(`/v1/device-logins/${claimed.body.id}/${decision}`)).status).toBe(204);
      expect(await login).toBe(expected);
    };
    await Promise.all([decide("deny", 4), decide("approve", 0)]);
    expect(await openTerminal().run("whoami")).toBe(0);
  }, 30_000);
});

/** RFC 6238, as an app computes it. */
const codeOf = (base32: string, nowMs: number): string => {
  const bits = [...base32].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
};

describe("cmdop authenticator", () => {
  it("shows a QR code and the secret, takes the app's code, gives backup codes, and is removed again", async () => {
    const refused = openTerminal();
    const wrong = refused.run("authenticator", "add");
    await waitFor(() => refused.texts.error.includes("shows now"));
    refused.type("no code");
    expect(await wrong).toBe(2);

    const terminal = openTerminal();
    const added = terminal.run("authenticator", "add");
    const secret = await waitFor(() => /type in: ([A-Z2-7 ]+)\n/.exec(terminal.texts.error)?.[1]);
    expect(
      terminal.texts.error.split("\n").filter((line) => /^[█▀▄ ]{30,}$/.test(line)).length,
    ).toBeGreaterThan(15);
    terminal.type(codeOf(secret.replaceAll(" ", ""), Date.now()));
    expect(await added).toBe(0);
    expect(terminal.texts.out.trim().split("\n")).toHaveLength(10);
    expect(terminal.texts.out).not.toContain(secret.slice(0, 9));

    expect(await openTerminal().run("authenticator", "backup-codes")).toBe(2);
    const renewed = openTerminal();
    expect(await renewed.run("authenticator", "backup-codes", "--yes", "--json")).toBe(0);
    const { backupCodes } = JSON.parse(renewed.texts.out);
    expect(backupCodes).toHaveLength(10);
    expect(terminal.texts.out.trim().split("\n")).not.toContain(backupCodes[0]);

    expect(await openTerminal().run("authenticator", "remove")).toBe(2);
    expect(await openTerminal().run("authenticator", "remove", "--yes")).toBe(0);
    const none = openTerminal();
    expect(await none.run("authenticator", "backup-codes", "--yes")).toBe(1);
    expect(none.texts.error).toContain("add one first");
  }, 30_000);
});

describe("one's own account", () => {
  const password = "a password of grace's own";
  let grace: TestAccount;
  beforeAll(async () => {
    grace = await fixture.addAccount("grace");
  });

  const openGraces = (options: TestTerminalOptions) =>
    openTestTerminal(
      {
        CMDOP_HOME: path.join(fixture.home, "graces"),
        CMDOP_CONTROL: fixture.url,
        CMDOP_TOKEN: grace.token,
      },
      options,
    );
  const cmdop = async (args: readonly string[], input = "") => {
    const terminal = openGraces({ input });
    const code = await terminal.run(...args);
    return { code, ...terminal.texts, json: () => JSON.parse(terminal.texts.out) };
  };
  const signIn = async (given: string) =>
    (
      await fixture.ask("POST", "/v1/sign-in/password", {
        body: { email: "grace@example.org", password: given },
      })
    ).status;

  it("gets a password from standard input, which nothing shows, and only after a fresh proof of who it is", async () => {
    expect(await cmdop(["password"], "short\n")).toMatchObject({ code: 2 });
    const set = await cmdop(["password"], `${password}\n`);
    expect([set.code, set.out, set.error.includes("is changed")]).toEqual([0, "", true]);
    expect(await signIn(password)).toBe(200);
    expect(await signIn("not hers")).toBe(401);

    await fixture.ageSignIn(grace.accountId);
    const next = "another password of hers";
    const stale = await cmdop(["password"], `${next}\n`);
    expect([stale.code, stale.error.includes("cmdop confirm")]).toEqual([4, true]);
    expect(await cmdop(["confirm"], "not hers\n")).toMatchObject({ code: 4 });
    expect(await cmdop(["confirm"])).toMatchObject({ code: 2 });
    expect((await cmdop(["password"], `${next}\n`)).code).toBe(4);
    const confirmed = await cmdop(["confirm", "--json"], `${password}\n`);
    expect(confirmed.json()).toEqual({ signedInAt: expect.any(String) });
    expect(await cmdop(["password"], `${next}\n`)).toMatchObject({ code: 0 });
    expect([await signIn(password), await signIn(next)]).toEqual([401, 200]);

    const said = [set, stale, confirmed].map(({ out, error }) => out + error).join("");
    expect(said + fixture.log.lines.join("")).not.toMatch(/password of/);
  });

  it("is asked at a terminal for what nothing shows, and once more who it is where the sign-in is old", async () => {
    const [present, next] = ["another password of hers", "a third password of hers"];
    const mistyped = openGraces({ isAttended: true });
    const refused = mistyped.run("password");
    await mistyped.answer("New password", `${next}\r`);
    await mistyped.answer("The same once more", "another\r");
    expect([await refused, mistyped.texts.error.includes("two passwords")]).toEqual([2, true]);

    await fixture.ageSignIn(grace.accountId);
    const terminal = openGraces({ isAttended: true });
    const changed = terminal.run("password");
    await terminal.answer("New password", `${next}\r`);
    await terminal.answer("The same once more", `${next}\r`);
    await terminal.answer("Your password", `${present}\r`);
    await terminal.answer("authenticator app", "\r");
    expect([await changed, terminal.texts.out]).toEqual([0, ""]);
    expect([await signIn(present), await signIn(next)]).toEqual([401, 200]);
    expect(terminal.texts.error).not.toMatch(/password of/);
  });

  it("lists who signed in as it, and signs out everywhere else", async () => {
    const [last] = (await cmdop(["sign-ins", "-n", "1", "--json"])).json();
    expect(last).toMatchObject({ isSuccess: true, proofs: ["password"], ip: "127.0.0.1" });
    expect((await cmdop(["sign-ins"])).out).toContain("\tfailed\t");
    const other = await fixture.addCredential(grace.accountId, "cli");
    const isIn = async () => (await fixture.ask("GET", "/v1/whoami", { token: other.token })).status === 200;
    const unasked = await cmdop(["tokens", "revoke", other.id]);
    expect([unasked.code, unasked.error.includes("--yes"), await isIn()]).toEqual([2, true, true]);
    expect(await cmdop(["tokens", "revoke", other.id, "--yes"])).toMatchObject({ code: 0 });
    expect(await isIn()).toBe(false);
    const browser = await fixture.openBrowser(grace.accountId);
    expect(await cmdop(["tokens", "revoke-others"])).toMatchObject({ code: 2 });
    const { ended } = (await cmdop(["tokens", "revoke-others", "--yes", "--json"])).json();
    expect(ended).toBeGreaterThan(0);
    expect((await fixture.ask("GET", "/v1/whoami", { headers: { cookie: browser } })).status).toBe(401);
    expect((await cmdop(["tokens", "list", "--json"])).json()).toMatchObject([{ isCurrent: true }]);
  });

  it("lists, renames and removes passkeys, of which a browser makes more at the printed page", async () => {
    expect((await cmdop(["passkeys", "add"])).out).toBe(`${fixture.url}/account\n`);
    const { token } = grace;
    const make = async (): Promise<string> => {
      const { challenge, options } = (await fixture.ask("POST", "/v1/account/passkeys/options", { token }))
        .body;
      const device = new SoftwareAuthenticator(`http://localhost:${fixture.control.port}`);
      const body = { challenge, name: "Passkey", response: device.register(options) };
      return (await fixture.ask("POST", "/v1/account/passkeys", { token, body })).body.id;
    };
    const [first, second] = [await make(), await make()];
    const unclear = await cmdop(["passkeys", "rename", "Passkey", "Laptop"]);
    expect([unclear.code, unclear.error]).toEqual([
      2,
      expect.stringContaining(`Passkey (${first}), Passkey (${second})`),
    ]);
    expect((await cmdop(["passkeys", "rename", first, "Laptop", "--json"])).json()).toMatchObject({
      id: first,
      name: "Laptop",
    });
    expect(await cmdop(["passkeys", "remove", "Passkey"])).toMatchObject({ code: 2 });
    for (const keys of ["\r", "n", "\u0003"]) {
      const unsure = openGraces({ isAttended: true });
      const kept = unsure.run("passkeys", "remove", "Passkey");
      await unsure.answer(`Remove the passkey Passkey (${second})?`, keys);
      expect([await kept, unsure.texts.error.includes("nothing changed")]).toEqual([
        exitCodes.interrupted,
        true,
      ]);
    }
    expect(await cmdop(["passkeys", "remove", "Passkey", "--yes"])).toMatchObject({ code: 0 });
    expect((await cmdop(["passkeys", "list"])).out).toMatch(
      new RegExp(`^Laptop\\t\\S+\\tnever\\t(yes|no)\\t${first}\\n$`),
    );
    const none = await cmdop(["passkeys", "remove", "Passkey", "--yes"]);
    expect([none.code, none.error.includes("cmdop passkeys list")]).toEqual([1, true]);
  });

  it("lists and unlinks identities at providers, which a browser links at the printed page", async () => {
    expect((await cmdop(["identities", "link", "--json"])).json()).toEqual({ url: `${fixture.url}/account` });
    const provider = await fixture.ask("POST", "/v1/identity-providers", {
      token: ada.token,
      body: { name: "Corp", slug: "corp", issuer: "https://id.example.org", clientId: "cmdop" },
    });
    await fixture.change((tx) =>
      tx.db
        .insertInto("outside_identities")
        .values({
          ...{ provider_id: provider.body.id, subject: "grace-7", account_id: grace.accountId },
          ...{ created_at: tx.now, last_sign_in_at: tx.now },
        })
        .execute(),
    );
    expect((await cmdop(["identities", "list", "--json"])).json()).toMatchObject([
      { provider: { slug: "corp" }, subject: "grace-7" },
    ]);
    expect((await cmdop(["identities", "list", "-q"])).out).toBe("corp\n");
    expect(await cmdop(["identities", "unlink", "other", "--yes"])).toMatchObject({ code: 1 });
    expect(await cmdop(["identities", "unlink", "corp"])).toMatchObject({ code: 2 });
    const terminal = openGraces({ isAttended: true });
    const unlinked = terminal.run("identities", "unlink", "corp");
    await terminal.answer("Sign in from Corp no more?", "y");
    expect([await unlinked, terminal.texts.error]).toEqual([0, expect.stringContaining("corp is unlinked")]);
    expect((await cmdop(["identities", "list", "--json"])).json()).toEqual([]);
  });
});

describe("cmdop control setup-url", () => {
  it("prints where the owner is made, to whoever may read the control plane's directory, and writes it nowhere", async () => {
    const terminal = openTestTerminal({ CMDOP_HOME: fixture.home });
    expect(await terminal.run("control", "setup-url")).toBe(0);
    const code = /^http\S+\/setup#code=(\S+)\n$/.exec(terminal.texts.out)?.[1] ?? "none";
    expect([terminal.texts.error.includes(code), fixture.log.lines.join("").includes(code)]).toEqual([
      false,
      false,
    ]);
    const made = await fixture.ask("POST", "/v1/setup", {
      body: { code, email: "first@example.org", name: "First", password: "correct horse battery" },
    });
    expect(made.status).toBe(200);
    const again = openTestTerminal({ CMDOP_HOME: fixture.home });
    expect(await again.run("control", "setup-url")).not.toBe(0);
    expect(again.texts.error).toContain("cmdop control sign-in-code");
  });
});

describe("cmdop login --local", () => {
  it("signs the owner in beside the control plane, fresh, and nobody who has not its directory", async () => {
    const here = { CMDOP_HOME: fixture.home, CMDOP_CONTROL: fixture.url };
    const login = openTestTerminal(here);
    expect(await login.run("login", "--local", "--json")).toBe(0);
    const shown = JSON.parse(login.texts.out);
    expect(shown.token).toBe(undefined);
    const next = openTestTerminal({ CMDOP_HOME: fixture.home });
    expect(await next.run("whoami", "--json")).toBe(0);
    expect(JSON.parse(next.texts.out)).toMatchObject({
      installationRole: "owner",
      credential: { id: shown.loginId, hasSecondFactor: true },
    });
    expect(await openTerminal().run("login", "--local")).toBe(5);
  });
});
