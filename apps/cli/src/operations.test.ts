// What the control plane can be asked, the command line asks it: every operation of the API is called by a command, or
// stands here with the reason why not.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

/** Its id by `METHOD /path`. */
const operations = new Map(
  Object.entries((JSON.parse(read("services/control/openapi.json")) as ApiDocument).paths).flatMap(
    ([at, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [
        `${method.toUpperCase()} ${at}`,
        operationId,
      ]),
  ),
);

/** As the commands call it: `client.GET("/v1/…"`. */
const called = new Set(
  globSync("apps/cli/src/**/*.ts", { cwd: root, exclude: (name) => String(name).endsWith(".test.ts") })
    .flatMap((file) => [...read(file).matchAll(/\.(GET|POST|PUT|PATCH|DELETE)\(\s*"(\/[^"]+)"/g)])
    .map(([, method, at]) => `${method} ${at}`),
);

const events = "packages/sdk/src/control/fleet-events.ts";
const terminalLogin = "packages/sdk/src/control/terminal-login.ts";
const enrolment = "packages/authority/src/machine-enrolment.ts";

/** Commands that ask by a package: which command, and where the package asks. */
const byPackage: Readonly<Record<string, readonly [string, string]>> = {
  followEvents: ["cmdop events", events],
  requestDeviceLogin: ["cmdop login", terminalLogin],
  giveToken: ["cmdop login", terminalLogin],
  takeTokenBack: ["cmdop logout", terminalLogin],
  joinChallenge: ["cmdop join", enrolment],
  join: ["cmdop join", enrolment],
  enrolmentState: ["cmdop join", enrolment],
  machineTokenChallenge: ["cmdop up, whose agent asks", enrolment],
  issueMachineToken: ["cmdop up, whose agent asks", enrolment],
  proposeMachineKey: ["cmdop up, whose agent asks", enrolment],
};

const page = "a page asks it in a browser, which is then signed in";
const approval = "a browser approves a terminal; a terminal approves none";
const passkey = "a passkey is used and made by a browser: cmdop passkeys add opens its page";
const relay = "the relay does the same for the login itself, without a trip to the control plane";

/** What no command asks, and why. */
const byNoCommand: Readonly<Record<string, string>> = {
  setUp: `${page}: cmdop control setup-url`,
  redeemSignInCode: `${page}: cmdop control sign-in-code`,
  redeemPasswordReset: `${page}: cmdop accounts reset-password prints its address`,
  signInWithPassword: `${page}; a terminal is signed in by cmdop login`,
  signInWithSecondFactor: page,
  beginOidc: page,
  finishOidc: page,
  signOut: "it ends a browser's login; cmdop logout takes the terminal's token back (takeTokenBack)",
  authorizeTerminal: approval,
  claimDeviceLogin: approval,
  approveDeviceLogin: approval,
  denyDeviceLogin: approval,
  beginPasskeySignIn: passkey,
  signInWithPasskey: passkey,
  confirmWithPasskey: passkey,
  beginPasskey: passkey,
  addPasskey: passkey,
  beginLink: "the way to a provider and back is one browser's: cmdop identities link opens its page",
  openSession: `cmdop new and exec: ${relay}`,
  issueTicket: `cmdop ticket: ${relay}`,
};

describe("every operation of the API", () => {
  it.each([...operations])("%s is asked by a command, or is said why not", (operation, id) => {
    expect([called.has(operation), id in byPackage, id in byNoCommand].filter(Boolean)).toHaveLength(1);
  });

  it("is there that a command asks", () => {
    expect([...called].filter((operation) => !operations.has(operation))).toEqual([]);
    const ids = new Set(operations.values());
    expect([...Object.keys(byPackage), ...Object.keys(byNoCommand)].filter((id) => !ids.has(id))).toEqual([]);
  });

  it.each(Object.entries(byPackage))("%s is asked by a package as is said", (id, [, file]) => {
    const at = [...operations].find(([, each]) => each === id)?.[0].split(" ")[1] ?? "";
    expect(read(file)).toContain(`"${at}"`);
  });
});
