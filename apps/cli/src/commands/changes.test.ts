// What is there is changed by the command line too, against a whole control plane: accounts, keys, service accounts,
// webhooks, providers, schedules.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { waitFor } from "@cmdop/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { FakeMachines } from "../../../../services/control/src/scheduler/testing/fake-machines.ts";
import { providerContext } from "../../../../services/control/src/store/models/own-providers.ts";
import { useControl } from "../testing/cli-fixture.ts";

const machines = new FakeMachines();
const cli = useControl({
  commandRunner: machines.runner(),
  env: { CMDOP_CONTROL_WEBHOOK_RANGES: "127.0.0.0/8" },
});
const { cmdop, json } = cli;
let machine: string;

beforeAll(async () => {
  const { body } = await cli.control.ask("GET", "/v1/fleets/main", { token: cli.owner.token });
  [machine = ""] = await cli.control.addMachines(body.id, ["web"]);
});

describe("cmdop accounts", () => {
  it("makes one whose owner chooses a password at the printed address, shuts it, and opens it again", async () => {
    const made = await cmdop(["accounts", "create", "Ben@example.org", "--name", "Ben"]);
    expect([made.code, made.error]).toEqual([0, expect.stringContaining("ben@example.org")]);
    const password = "a password of ben's own";
    const choose = async (printed: string, body: object) =>
      cli.control.ask("POST", "/v1/sign-in/password-reset", {
        body: { code: new URL(printed.trim()).hash.replace("#code=", ""), ...body },
      });
    expect((await choose(made.out, { password })).status).toBe(204);
    const signIn = () =>
      cli.control.ask("POST", "/v1/sign-in/password", { body: { email: "ben@example.org", password } });
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
    for (const who of ["Ben@example.org", changed.id]) {
      expect(await json(["accounts", "show", who])).toMatchObject({ id: changed.id, hasPassword: true });
    }
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
    expect((await cmdop(["accounts", "list"], { env: { CMDOP_TOKEN: "cmdop_cli_nobody" } })).code).not.toBe(
      0,
    );
  });

  it("turns sign-in by a code of a device off and on", async () => {
    const allowed = async () => (await cli.control.ask("GET", "/v1/sign-in")).body.deviceLogin;
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
      ...["--concurrent", "4", "--max-request-size", "1MiB"],
    ]);
    const changed = await json([
      ...["keys", "update", made.id, "--scope", "models:use", "--concurrent", "2"],
      ...["--max-request-size", "512KiB"],
    ]);
    expect(changed).toMatchObject({
      scopes: ["models:use"],
      limits: { requestsPerMinute: 10, concurrent: 2, requestBytes: 524_288 },
    });
    expect((await cli.control.ask("GET", "/v1/fleets/main", { token: made.secret })).status).toBe(403);
    const wider = await cmdop(["keys", "update", made.id, "--scope", "fleet:read"]);
    expect([wider.code !== 0, wider.error.includes("never widened")]).toEqual([true, true]);
  });
});

describe("cmdop service-accounts update", () => {
  it("changes its role, and shuts it so that its keys do not work", async () => {
    await json(["service-accounts", "create", "deploy"]);
    const { secret } = await json(["keys", "create", "robot", "--service-account", "deploy"]);
    const asks = async () => (await cli.control.ask("GET", "/v1/fleets/main", { token: secret })).status;
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
      expect(await json(["webhooks", "deliveries", "chat", "--state", "failed"])).toEqual([]);
      const shut = await json(["webhooks", "update", "chat", "--enabled", "no", "--topic", "key.*"]);
      expect(shut).toMatchObject({ isEnabled: false, topics: ["key.*"] });
      expect((await cmdop(["webhooks", "test", "chat"])).code).toBe(1);
      expect(await json(["webhooks", "update", "chat", "--enabled", "yes"])).toMatchObject({
        isEnabled: true,
      });
      expect((await cmdop(["webhooks", "test", "chat"])).code).toBe(0);

      // The installation's are others, with the same words.
      const all = ["--installation"];
      const made = await json(["webhooks", "create", "siem", url, ...all]);
      expect(made).toMatchObject({ topics: ["audit.entry"], name: "siem" });
      expect((await json(["webhooks", "list"])).map(({ name }: { name: string }) => name)).toEqual(["chat"]);
      expect(await json(["webhooks", "list", ...all])).toMatchObject([{ name: "siem" }]);
      const { id: asked } = await json(["webhooks", "test", "siem", ...all]);
      const sent = async (): Promise<readonly { id: string; type: string; state: string }[]> =>
        await json(["webhooks", "deliveries", "siem", ...all]);
      await waitFor(async () => (await sent()).some(({ type }) => type === "audit.entry"), {
        what: "the first entries",
        timeoutMs: 10_000,
      });
      await waitFor(async () => (await sent()).find(({ id }) => id === asked)?.state === "delivered", {
        what: "the test",
      });
      expect((await cmdop(["webhooks", "redeliver", "siem", asked, ...all])).code).toBe(0);
      expect(await json(["webhooks", "update", "siem", "--enabled", "no", ...all])).toMatchObject({
        isEnabled: false,
      });
      expect((await cmdop(["webhooks", "delete", "siem", "--yes", ...all])).code).toBe(0);
      expect(await json(["webhooks", "list", ...all])).toEqual([]);
    } finally {
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    }
  });
});

describe("cmdop providers update", () => {
  it("replaces a provider's keys from standard input, a fleet's and the installation's", async () => {
    for (const more of [[], ["--platform"]]) {
      await json(["providers", "add", "openai", ...more], { input: "sk-one" });
      const changed = await json(["providers", "update", "openai", "--key-file", "-", ...more], {
        input: "sk-two\nsk-three",
      });
      expect(changed).toMatchObject({ name: "openai", keys: 2, version: 2 });
    }
    expect((await cmdop(["providers", "update", "openai"])).code).toBe(2);
    const file = path.join(cli.control.home, "headers.txt");
    writeFileSync(file, "X-Team: research\nX-Key:  marker-of-a-header \n");
    await json(["providers", "update", "openai", "--headers-file", "headers.txt"]);
    const { sealer, unitOfWork } = cli.control.control.services;
    const { id, sealed_headers } = await unitOfWork.read("all", (db) =>
      db
        .selectFrom("providers")
        .select(["id", "sealed_headers"])
        .where("version", "=", 3)
        .executeTakeFirstOrThrow(),
    );
    expect(JSON.parse(sealer.open(sealed_headers ?? "", providerContext(id)) ?? "")).toEqual({
      "X-Team": "research",
      "X-Key": "marker-of-a-header",
    });
    writeFileSync(file, "marker-of-a-header\n");
    const refused = await cmdop(["providers", "update", "openai", "--headers-file", "headers.txt"]);
    expect([refused.code, refused.error]).toEqual([2, expect.not.stringContaining("marker")]);
    // Nothing is wrong with the command: it is not there.
    expect((await cmdop(["providers", "update", "nobody", "--url", "https://models.example"])).code).toBe(1);
  });
});

describe("cmdop schedules create and update", () => {
  it("say everything that the API takes of when, and of what is done where it does not go smoothly", async () => {
    const made = await json([
      ...["schedules", "create", "whole", "--every", "40d", "--anchor", "2027-01-01T06:00", "--zone", "UTC"],
      ...["--starts", "2027-02-01T00:00", "--ends", "2028-01-01T00:00", "--max-runs", "9"],
      ...["--misfire", "all", "--misfire-grace", "2m", "--misfire-window", "30d", "--misfire-max", "3"],
      ...["--retry", "4", "--retry-wait", "10s", "--retry-wait-max", "5m"],
      ...["--retry-on", "offline", "--retry-on", "timeout"],
      ...["--overlap", "queue-one", "--timeout", "2h", "--jitter", "1m", "--tag", "web", "--", "backup"],
    ]);
    expect(made.spec).toEqual({
      kind: "interval",
      timezone: "UTC",
      everyS: 40 * 86_400,
      anchorAt: "2027-01-01T06:00:00.000Z",
      startsAt: "2027-02-01T00:00:00.000Z",
      endsAt: "2028-01-01T00:00:00.000Z",
      maxRuns: 9,
    });
    expect(made.policies).toEqual({
      misfire: { policy: "all", graceMs: 120_000, windowMs: 30 * 86_400_000, max: 3 },
      overlap: "queue_one",
      jitterMs: 60_000,
      retry: { max: 4, firstMs: 10_000, maxMs: 300_000, on: ["timeout", "offline"] },
      timeoutMs: 7_200_000,
    });
    const changed = await json([
      ...["schedules", "update", "whole", "--ends", "none", "--max-runs", "0", "--zone", "Europe/Berlin"],
      ...["--misfire-max", "5", "--retry-on", "failure"],
    ]);
    expect(changed).toMatchObject({
      spec: { ...made.spec, timezone: "Europe/Berlin", endsAt: null, maxRuns: null },
      policies: {
        ...made.policies,
        misfire: { ...made.policies.misfire, max: 5 },
        retry: { ...made.policies.retry, on: ["failure"] },
      },
    });
    const cron = await json([
      ...["schedules", "update", "whole", "--cron", "30 2 * * *", "--dst-gap", "skip"],
      ...["--dst-overlap", "last"],
    ]);
    expect(cron.spec).toMatchObject({
      ...{ kind: "cron", expression: "30 2 * * *", timezone: "Europe/Berlin" },
      ...{ dst: { gap: "skip", overlap: "last" }, startsAt: made.spec.startsAt },
    });
    const everySecond = await cmdop(["schedules", "update", "whole", "--cron", "*/5 * * * * *"]);
    expect([everySecond.code, everySecond.error]).toEqual([2, expect.stringContaining("--seconds")]);
    const again = await json(["schedules", "update", "whole", "--dst-overlap", "both"]);
    expect(again.spec).toEqual({ ...cron.spec, dst: { gap: "skip", overlap: "both" } });

    const refused = await cmdop(["schedules", "update", "whole", "--retry-wait", "10m"]);
    expect([refused.code !== 0, refused.error]).toEqual([
      true,
      expect.stringContaining("--retry-wait-max: "),
    ]);
    expect((await cmdop(["schedules", "update", "whole", "--retry-on", "luck"])).code).toBe(2);
    const meant = await json(["schedules", "update", "whole", "--cron", "0 30 2 * * *", "--seconds"]);
    expect(meant.spec).toMatchObject({ expression: "0 30 2 * * *", seconds: true });
  });

  it("passed lists the dues that gave no run, and why", async () => {
    const { id } = await json(["schedules", "show", "whole"]);
    const fleet = await json(["fleets", "show"]);
    await cli.control.change((tx) =>
      tx.db
        .insertInto("passed_dues")
        .values({
          ...{ schedule_id: id, fleet_id: fleet.id, due_at: tx.now, first_due_at: tx.now },
          ...{ count: 3, reason: "too_many", noted_at: tx.now },
        })
        .execute(),
    );
    expect(await json(["schedules", "passed", "whole"])).toMatchObject([{ count: 3, reason: "too_many" }]);
    expect((await cmdop(["schedules", "passed", "whole"])).out).toMatch(/^\S+Z\ttoo-many\t3\t/);
    expect((await cmdop(["schedules", "passed", "nowhere"])).code).toBe(1);
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
    const { name } = await json(["machines", "show", machine]);
    const { out: early } = await cmdop(["schedules", "show", "early"]);
    expect(early).toContain(`on        ${name} (${machine})\n`);
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
    const runs = (...filter: string[]) => cmdop(["schedules", "runs", "early", "-q", ...filter]);
    expect((await runs("--status", run.status, "--since", run.dueAt)).out).toBe(`${id}\n`);
    expect((await runs("--status", "timed-out")).out).toBe("");
    expect((await runs("--until", run.dueAt)).out).toBe("");
  });
});
