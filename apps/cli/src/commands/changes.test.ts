// What is there is changed by the command line too, against a whole control plane: accounts, keys, service accounts,
// webhooks, providers, schedules.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeMachines } from "../../../../services/control/src/scheduler/testing/fake-machines.ts";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let machine: string;
const machines = new FakeMachines();

beforeAll(async () => {
  fixture = await ControlFixture.open({
    commandRunner: machines.runner(),
    env: { CMDOP_CONTROL_WEBHOOK_RANGES: "127.0.0.0/8" },
  });
  owner = await fixture.addAccount("ada", "owner");
  const made = await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Main", slug: "main" },
  });
  [machine = ""] = await fixture.addMachines(made.body.id, ["web"]);
}, 60_000);
afterAll(() => fixture.close());

const cmdop = async (args: readonly string[], input?: string, token = owner.token) => {
  const terminal = openTestTerminal(
    { CMDOP_HOME: path.join(fixture.home, "cli-of-tests"), CMDOP_CONTROL: fixture.url, CMDOP_TOKEN: token },
    { input },
  );
  return { code: await terminal.run(...args), ...terminal.texts };
};

const json = async (args: readonly string[], input?: string) => {
  const { code, out, error } = await cmdop(["--json", ...args], input);
  expect([args, code, code === 0 ? "" : error]).toEqual([args, 0, ""]);
  return JSON.parse(out);
};

describe("cmdop accounts", () => {
  it("makes one whose owner chooses a password at the printed address, shuts it, and opens it again", async () => {
    const made = await cmdop(["accounts", "create", "Ben@example.org", "--name", "Ben"]);
    expect([made.code, made.error]).toEqual([0, expect.stringContaining("ben@example.org")]);
    const password = "a password of ben's own";
    const choose = async (printed: string, body: object) =>
      fixture.ask("POST", "/v1/sign-in/password-reset", {
        body: { code: new URL(printed.trim()).hash.replace("#code=", ""), ...body },
      });
    expect((await choose(made.out, { password })).status).toBe(204);
    const signIn = () =>
      fixture.ask("POST", "/v1/sign-in/password", { body: { email: "ben@example.org", password } });
    expect((await signIn()).status).toBe(200);

    const changed = await json([
      "accounts",
      "update",
      "ben@example.org",
      "--role",
      "auditor",
      "--enabled",
      "no",
    ]);
    expect(changed).toMatchObject({ installationRole: "auditor", disabledAt: expect.any(String) });
    expect((await signIn()).status).toBe(401);
    const listed = await json(["accounts", "list"]);
    expect(listed.map(({ email }: { email: string }) => email)).toEqual([
      "ada@example.org",
      "ben@example.org",
    ]);
    expect(await json(["accounts", "update", changed.id, "--enabled", "yes"])).toMatchObject({
      disabledAt: null,
      installationRole: "auditor",
    });
    expect((await signIn()).status).toBe(200);

    const reset = await cmdop(["accounts", "reset-password", "ben@example.org", "--drop-second-factors"]);
    expect((await choose(reset.out, { password: "another password of his" })).status).toBe(204);
    expect((await signIn()).status).toBe(401);

    const last = await cmdop(["accounts", "update", "ada@example.org", "--role", "member"]);
    expect([last.code, last.error.includes("owner")]).toEqual([1, true]);
    expect((await cmdop(["accounts", "update", "ben@example.org"])).code).toBe(2);
    expect((await cmdop(["accounts", "list"], undefined, "cmdop_cli_nobody")).code).not.toBe(0);
  });

  it("turns sign-in by a code of a device off and on", async () => {
    const allowed = async () => (await fixture.ask("GET", "/v1/sign-in")).body.deviceLogin;
    expect(await json(["control", "device-login", "no"])).toEqual({ deviceLogin: false });
    expect(await allowed()).toBe(false);
    expect((await cmdop(["control", "device-login", "yes"])).code).toBe(0);
    expect(await allowed()).toBe(true);
    expect((await cmdop(["control", "device-login", "perhaps"])).code).toBe(2);
  });
});

describe("cmdop keys update", () => {
  it("narrows a key, keeps the limits that are not named, and widens nothing", async () => {
    const made = await json([
      ...["keys", "create", "ci", "--scope", "fleet:read,models:use", "--requests-per-minute", "10"],
      ...["--concurrent", "4"],
    ]);
    const changed = await json(["keys", "update", made.id, "--scope", "models:use", "--concurrent", "2"]);
    expect(changed).toMatchObject({
      scopes: ["models:use"],
      limits: { requestsPerMinute: 10, concurrent: 2 },
    });
    expect((await fixture.ask("GET", "/v1/fleets/main", { token: made.secret })).status).toBe(403);
    const wider = await cmdop(["keys", "update", made.id, "--scope", "fleet:read"]);
    expect([wider.code !== 0, wider.error.includes("never widened")]).toEqual([true, true]);
  });
});

describe("cmdop service-accounts update", () => {
  it("changes its role, and shuts it so that its keys do not work", async () => {
    await json(["service-accounts", "create", "deploy"]);
    const { secret } = await json(["keys", "create", "robot", "--service-account", "deploy"]);
    const asks = async () => (await fixture.ask("GET", "/v1/fleets/main", { token: secret })).status;
    expect(await asks()).toBe(200);
    const shut = await json(["service-accounts", "update", "deploy", "--role", "viewer", "--enabled", "no"]);
    expect(shut).toMatchObject({ name: "deploy", role: "viewer", disabledAt: expect.any(String) });
    expect(await asks()).toBe(401);
    await json(["service-accounts", "update", "deploy", "--enabled", "yes"]);
    expect(await asks()).toBe(200);
  });
});

describe("cmdop webhooks update and redeliver", () => {
  it("sends a finished delivery again, shuts a webhook, and opens it again", async () => {
    let received = 0;
    const receiver = createServer((request, response) => {
      received += 1;
      request.resume().on("end", () => response.end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    try {
      await json(["webhooks", "create", "chat", url, "--topic", "webhook.test"]);
      const { id } = await json(["webhooks", "test", "chat"]);
      const states = async () =>
        (await json(["webhooks", "deliveries", "chat"])).map(({ state }: { state: string }) => state);
      await waitFor(async () => (await states())[0] === "delivered", { what: "the first" });
      expect(await json(["webhooks", "redeliver", "chat", id])).toMatchObject({ id });
      await waitFor(() => received === 2, { what: "the second" });
      const shut = await json(["webhooks", "update", "chat", "--enabled", "no", "--topic", "key.*"]);
      expect(shut).toMatchObject({ isEnabled: false, topics: ["key.*"] });
      expect((await cmdop(["webhooks", "test", "chat"])).code).toBe(1);
      expect(await json(["webhooks", "update", "chat", "--enabled", "yes"])).toMatchObject({
        isEnabled: true,
      });
      expect((await cmdop(["webhooks", "test", "chat"])).code).toBe(0);
    } finally {
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    }
  });
});

describe("cmdop providers update", () => {
  it("replaces a provider's keys from standard input, a fleet's and the installation's", async () => {
    for (const more of [[], ["--platform"]]) {
      await json(["providers", "add", "openai", ...more], "sk-one");
      const changed = await json(
        ["providers", "update", "openai", "--key-file", "-", ...more],
        "sk-two\nsk-three",
      );
      expect(changed).toMatchObject({ name: "openai", keys: 2, version: 2 });
    }
    expect((await cmdop(["providers", "update", "openai"])).code).toBe(2);
    // Nothing is wrong with the command: it is not there.
    expect((await cmdop(["providers", "update", "nobody", "--url", "https://models.example"])).code).toBe(1);
  });
});

describe("cmdop schedules update and show-run", () => {
  it("replaces what is named and keeps the rest; a run shows what came of each attempt", async () => {
    const made = await json([
      ...["schedules", "create", "nightly", "--cron", "30 2 * * *", "--zone", "Europe/Berlin"],
      ...[
        "--machine",
        machine,
        "--retry",
        "2",
        "--overlap",
        "allow",
        "--misfire",
        "all",
        "--",
        "backup",
        "--all",
      ],
    ]);
    const changed = await json([
      ...[
        "schedules",
        "update",
        "nightly",
        "--cron",
        "0 4 * * *",
        "--zone",
        "UTC",
        "--overlap",
        "cancel-running",
      ],
    ]);
    expect(changed).toMatchObject({
      id: made.id,
      version: made.version + 1,
      spec: { expression: "0 4 * * *", timezone: "UTC" },
      command: { argv: ["backup", "--all"] },
      target: { kind: "machines", machines: [machine] },
      policies: {
        ...made.policies,
        overlap: "cancel_running",
        misfire: { policy: "all" },
        retry: { max: 2 },
      },
    });
    const renamed = await json([
      "schedules",
      "update",
      "nightly",
      "--name",
      "early",
      "--",
      "backup",
      "--quiet",
    ]);
    expect(renamed).toMatchObject({
      name: "early",
      command: { argv: ["backup", "--quiet"] },
      spec: changed.spec,
      policies: changed.policies,
    });
    expect((await cmdop(["schedules", "update", "early", "--cwd", "/srv"])).code).toBe(2);
    expect((await cmdop(["schedules", "update", "early"])).code).toBe(2);

    machines.endsAtOnce = true;
    const { id } = await json(["schedules", "run", "early"]);
    const run = await waitFor(
      async () => {
        const shown = await json(["schedules", "show-run", id]);
        return ["succeeded", "failed"].includes(shown.status) ? shown : undefined;
      },
      { what: "the run" },
    );
    expect(run.executions).toMatchObject([{ machineId: machine, attempt: 1, sessionId: expect.any(String) }]);
    const { out } = await cmdop(["schedules", "show-run", id]);
    expect(out).toContain(run.executions[0].sessionId);
    expect((await cmdop(["schedules", "show-run", "run_nowhere"])).code).toBe(1);
  });
});
