// The commands of a control plane, over a real one: models, edges, the catalogue, its own machine, doctor.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal, type TestTerminalOptions } from "../testing/test-terminal.ts";

let fixture: ControlFixture;
let ada: TestAccount;
let away: string;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  away = mkdtempSync(path.join(tmpdir(), "cmdop-cli-"));
  ada = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: ada.token, body: { name: "Main", slug: "main" } });
}, 60_000);
afterAll(async () => {
  await fixture.close();
  rmSync(away, { recursive: true, force: true });
});

const openTerminal = (
  options: TestTerminalOptions & { readonly env?: Readonly<Record<string, string>> } = {},
) =>
  openTestTerminal(
    {
      ...process.env,
      CMDOP_HOME: away,
      CMDOP_CONTROL: fixture.url,
      CMDOP_TOKEN: ada.token,
      ...options.env,
    },
    { cwd: away, root: path.resolve(import.meta.dirname, "../../../.."), ...options },
  );

const cmdop = async (args: readonly string[], options: Parameters<typeof openTerminal>[0] = {}) => {
  const terminal = openTerminal({ input: "", ...options });
  const code = await terminal.run(...args);
  return { code, ...terminal.texts, json: () => JSON.parse(terminal.texts.out) };
};

describe("models", () => {
  it("a provider's keys come from standard input, are counted, and are shown by nothing", async () => {
    const secret = "sk-marker-1234567890";
    const added = await cmdop(["providers", "add", "mine", "--json"], { input: `${secret}\nsk-other\n` });
    expect(added.json()).toMatchObject({ name: "mine", kind: "openai", keys: 2 });
    const listed = await cmdop(["providers", "list"]);
    expect(listed.out).toContain("mine\topenai\t2\tany\tfleet");
    expect(added.out + listed.out).not.toContain("marker");
    expect(await fixture.dumpDatabase()).not.toContain("marker");
    expect((await cmdop(["providers", "add", "none"])).error).toContain("No secret was given.");
    expect(await cmdop(["providers", "add", "none", "--key-file", "no-such-file"])).toMatchObject({
      code: 2,
      error: expect.stringContaining("no-such-file cannot be read"),
    });
    expect(await cmdop(["providers", "remove", "mine"])).toMatchObject({ code: 2 });
    expect(await cmdop(["providers", "remove", "mine", "--yes"])).toMatchObject({ code: 0 });
    expect((await cmdop(["providers", "list", "--json"])).json()).toEqual([]);
  });

  it("a provider's key is typed unseen at a terminal, and its headers come from standard input", async () => {
    const terminal = openTerminal({ isAttended: true });
    const added = terminal.run("providers", "add", "typed", "--json");
    await terminal.answer("The provider's key", "sk-marker-1234567890\r");
    expect(await added).toBe(0);
    expect(JSON.parse(terminal.texts.out)).toMatchObject({ name: "typed", keys: 1 });
    expect(terminal.texts.out + terminal.texts.error).not.toContain("marker");
    const both = await cmdop(["providers", "add", "both", "--headers-file", "-"], {
      input: "X-Key: marker\n",
    });
    expect(both).toMatchObject({ code: 2, error: expect.stringContaining("both come from standard input") });
    const headers = ["providers", "update", "typed", "--headers-file", "-", "--json"];
    expect((await cmdop(headers, { input: "X-Key: marker\n" })).json()).toMatchObject({ version: 2 });
    await cmdop(["providers", "remove", "typed", "--yes"]);
  });

  it("a budget is set in dollars, replaced by the next one for the same, and taken away", async () => {
    await cmdop(["budgets", "set", "5"]);
    const set = await cmdop(["budgets", "set", "7.25", "--alert-only", "--json"]);
    expect(set.json()).toMatchObject({ subject: "fleet", limitMicros: 7_250_000, isHard: false });
    const listed = await cmdop(["budgets", "list"]);
    expect(listed.out).toMatch(/^the fleet\t\$0\.00\t\$7\.25\tmonth\talert\t/);
    expect(await cmdop(["budgets", "set", "1,5"])).toMatchObject({ code: 2 });
    await cmdop(["budgets", "remove", set.json().id, "--yes"]);
    expect((await cmdop(["budgets", "list", "--json"])).json()).toEqual([]);
  });

  it("usage is summed by what is asked, with its cost in dollars", async () => {
    const fleet = (await fixture.ask("GET", "/v1/fleets/main", { token: ada.token })).body;
    await fixture.change((tx) =>
      tx.db
        .insertInto("usage_days")
        .values({
          fleet_id: fleet.id,
          day: new Date("2027-03-02"),
          token_id: "tok",
          account_id: ada.accountId,
          machine_id: "",
          model: "openai/gpt",
          requests: 3,
          input_tokens: 1_000,
          output_tokens: 200,
          searches: 1,
          cost_micros: 12_500,
          unpriced: 0,
        } as never)
        .execute(),
    );
    const used = await cmdop(["usage", "--by", "model", "--from", "2027-03-01", "--to", "2027-03-31"]);
    expect(used.out).toBe("openai/gpt\t3\t1000\t200\t1\t$0.0125\t0\n");
    expect(used.error).toContain("3 requests, 1000 tokens in, 200 out, $0.0125");
  });
});

it("edges are made with a secret that is shown once, listed without it, and revoked by name", async () => {
  const made = await cmdop(["edges", "create", "relay", "berlin-1"]);
  expect(made.out).toMatch(/^cmdop_edg_\w+\n$/);
  const file = path.join(away, "edge.token");
  expect(await cmdop(["edges", "create", "router", "berlin-2", "--out", file])).toMatchObject({
    code: 0,
    out: "",
  });
  expect(existsSync(file)).toBe(true);
  expect((await cmdop(["edges", "list", "--json"])).out).not.toContain(made.out.trim());
  expect(await cmdop(["edges", "revoke", "berlin-1", "--yes"])).toMatchObject({ code: 0 });
  const edges: { name: string; revokedAt: string | null }[] = (
    await cmdop(["edges", "list", "--json"])
  ).json();
  expect(edges.map(({ name, revokedAt }) => [name, revokedAt === null])).toEqual(
    expect.arrayContaining([
      ["berlin-1", false],
      ["berlin-2", true],
    ]),
  );
});

it("the catalogue is searched with no relay at all, and shows who was attached to what has ended", async () => {
  const fleet = (await fixture.ask("GET", "/v1/fleets/main", { token: ada.token })).body;
  const atMs = Date.now() - 3_600_000;
  const [at, end] = [new Date(atMs), new Date(atMs + 60_000)];
  await fixture.change(async (tx) => {
    const session = {
      fleet_id: fleet.id,
      machine_id: "mch_1",
      version: 1,
      kind: "terminal",
      program: "make",
      state: "ended",
      opened_by: "ada",
      opened_by_account: ada.accountId,
      opened_by_token: null,
      actor: null,
      created_at: at,
      ended_at: end,
      exit_code: 3,
      exit_signal: null,
      exit_reason: "exited",
      output_bytes: 10,
      input_bytes: 0,
      attachments: 0,
      updated_at: end,
      recording_from: 4,
      recording_to: 10,
      recording_until: new Date(Date.now() + 3_600_000),
    };
    await tx.db
      .insertInto("sessions")
      .values([
        { ...session, id: "ses_build", name: "build" },
        { ...session, id: "ses_other", name: "other" },
      ])
      .execute();
    await tx.db
      .insertInto("session_attachments")
      .values({
        id: "att_1",
        session_id: "ses_build",
        fleet_id: fleet.id,
        name: "grace",
        actor: null,
        account_id: null,
        token_id: null,
        role: "observer",
        attached_at: at,
        detached_at: end,
        reason: "left",
        output_bytes: 10,
      })
      .execute();
  });
  const ids = async (...args: string[]) => (await cmdop(["sessions", ...args, "-q"])).out.trim().split("\n");
  expect(await ids("--search", "buil")).toEqual(["ses_build"]);
  expect((await ids("--catalogue")).sort()).toEqual(["ses_build", "ses_other"]);
  expect(await ids("--since", "10m")).toEqual([""]);
  expect((await cmdop(["sessions"])).error).toContain("no relay to call");
  const shown = await cmdop(["sessions", "show", "ses_build"]);
  expect(shown.out).toContain("ended 3");
  expect(shown.out).toMatch(
    /^kept +bytes 4 to 10 on its machine, until 2.*Z at the latest; cmdop read ses_build$/m,
  );
  expect(shown.out).toContain("grace\tobserver");
});

describe("signing keys", () => {
  it("are rotated once at a time, and it is said when the next one signs", async () => {
    const made = await cmdop(["control", "rotate-signing-key"]);
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^sha256:[\w-]{43}\n$/)]);
    expect(made.error).toMatch(/It signs from \d{4}-\d\d-\d\dT/);
    const again = await cmdop(["control", "rotate-signing-key"]);
    expect([again.code === 0, again.error]).toEqual([
      false,
      expect.stringContaining("The next key was made already"),
    ]);
  });

  it("are all shut out with --withdraw, which asks first", async () => {
    const ids = async (): Promise<readonly string[]> =>
      (await cmdop(["control", "signing-keys", "-q"])).out.trim().split("\n");
    const before = await ids();
    expect(await cmdop(["control", "rotate-signing-key", "--withdraw"])).toMatchObject({ code: 2, out: "" });
    expect(await ids()).toEqual(before);
    const made = await cmdop(["control", "rotate-signing-key", "--withdraw", "--yes", "--json"]);
    const { key, withdrawn } = made.json();
    expect([made.code, key.state, withdrawn]).toEqual([0, "signing", before]);
    expect(made.error).toContain("2 withdrawn");
    expect(await ids()).toEqual([key.id]);
  });
});

describe("doctor", () => {
  const check = async (name: string, options: Parameters<typeof cmdop>[1] = {}) => {
    const found: { check: string; result: string; text: string; next?: string }[] = (
      await cmdop(["doctor", "--json"], options)
    ).json();
    return found.find((finding) => finding.check === name);
  };

  it("says that the control plane answers and takes the token", async () => {
    expect(await check("control")).toMatchObject({ result: "ok" });
    expect(await check("login")).toMatchObject({
      result: "ok",
      text: expect.stringContaining("you are ada"),
    });
    expect(await check("clock")).toBeUndefined();
  });

  it("tells apart: nobody there, another certificate, a token that is not good, a clock that is wrong", async () => {
    expect(await check("control", { env: { CMDOP_CONTROL: "http://127.0.0.1:9" } })).toMatchObject({
      result: "problem",
      text: expect.stringContaining("The control plane at http://127.0.0.1:9 cannot be reached."),
      next: "Does it run? Type: npm start (in the clone)",
    });
    const env = {
      CMDOP_CONTROL: fixture.url.replace("http:", "https:"),
      CMDOP_CONTROL_CA_PIN: `sha256:${"A".repeat(43)}`,
    };
    expect(await check("control", { env })).toMatchObject({
      result: "problem",
      text: expect.stringContaining("The control plane's certificate was refused"),
    });
    expect(await check("login", { env: { CMDOP_TOKEN: `${ada.token.slice(0, -1)}!` } })).toMatchObject({
      result: "problem",
    });
    expect(await check("clock", { wallMs: Date.now() + 120_000 })).toMatchObject({
      result: "problem",
      text: "this machine's clock is 2 min ahead of the control plane's",
    });
  });

  it("warns of a certificate that ends within three weeks, and names one that is over", async () => {
    const relay = `127.0.0.1:${fixture.control.port}`;
    const env = {
      CMDOP_CONTROL: fixture.url.replace("http:", "https:"),
      CMDOP_CONTROL_CA_PIN: fixture.control.caPin,
      // Any server that speaks TLS: the certificate alone is looked at here.
      CMDOP_RELAY: relay,
    };
    const day = 86_400_000;
    const saidAfter = async (days: number) =>
      (await cmdop(["doctor", "--json"], { env, wallMs: Date.now() + days * day }))
        .json()
        .filter(({ text }: { text: string }) => text.includes("certificate end"))
        .map(({ check, result, text }: Record<string, string>) => `${check} ${result} ${text}`);
    expect(await saidAfter(370)).toEqual([]);
    expect(await saidAfter(387)).toEqual([
      `relay note ${relay}: its certificate ends in 10 d`,
      `control note ${env.CMDOP_CONTROL}: its certificate ends in 10 d`,
    ]);
    expect(await saidAfter(407)).toEqual([
      `relay problem ${relay}: its certificate ended 10 d ago`,
      `control problem ${env.CMDOP_CONTROL}: its certificate ended 10 d ago`,
    ]);
  });
});

it("on its own machine: status and a sign-in address; what is exported once it is stopped moves everything", async () => {
  const env = { CMDOP_HOME: fixture.home };
  expect((await cmdop(["control", "status", "--json"], { env })).json()).toMatchObject({
    ready: true,
    engine: "pglite",
    caPin: fixture.control.caPin,
    databaseBytes: expect.any(Number),
  });
  const code = await cmdop(["control", "sign-in-code", "--email", "ada@example.org"], { env });
  expect(code.out).toMatch(/^http\S+\/sign-in#code=\S{20,}\n$/);

  const file = path.join(away, "cmdop.export");
  await fixture.control.close();
  expect(await cmdop(["control", "export", "--out", file], { env })).toMatchObject({ code: 0 });
  expect((await cmdop(["control", "export", "--out", file], { env })).error).toContain("is there already");

  const home = path.join(away, "moved");
  mkdirSync(home);
  const cutOff = path.join(away, "cut-off.export");
  writeFileSync(cutOff, "{}\n");
  const moved = { env: { CMDOP_HOME: home } };
  expect(await cmdop(["control", "import", "--in", cutOff], moved)).toMatchObject({ code: 1 });
  expect(await cmdop(["control", "import", "--in", file], moved)).toMatchObject({ code: 0 });
  const next = await ControlFixture.open({ home });
  const { body } = await next.ask("GET", "/v1/fleets", { token: ada.token });
  expect(body.items.map(({ slug }: { slug: string }) => slug)).toEqual(["main"]);
  await next.control.close();
  // Three processes that open a database each: 12 s on a busy machine, over 60 with a seventh of a processor.
}, 180_000);
