import { FakeClock, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeMachines } from "../../scheduler/testing/fake-machines.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

const machine = "mch_0000000000000000000001";
const hourMs = 3_600_000;

let fixture: ControlFixture;
let owner: TestAccount;
let clock: FakeClock;
const machines = new FakeMachines();

beforeAll(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 28, 12));
  fixture = await ControlFixture.open({ clock, commandRunner: machines.runner() });
  owner = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Production", slug: "production" },
  });
}, 60_000);
afterAll(() => fixture.close());

const at = "/v1/fleets/production";
const ask = (
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  token = owner.token,
) => fixture.ask(method, `${at}${path}`, { token, body, headers });

const nightly = (name: string, more: object = {}) => ({
  name,
  spec: { kind: "cron", expression: "30 2 * * *", timezone: "Europe/Berlin" },
  target: { kind: "machines", machines: [machine] },
  command: { argv: ["backup", "--all"], env: { LEVEL: "3" } },
  ...more,
});

describe("schedules", () => {
  it("are made with their defaults, told with their next due, and given back by name", async () => {
    const made = await ask("POST", "/schedules", nightly("nightly"));
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "nightly",
      state: "active",
      // 02:30 is skipped that night.
      nextAt: "2026-03-29T01:00:00.000Z",
      summary:
        "At 02:30 every day, Europe/Berlin; at a clock change: a skipped time runs right after, a repeated time runs the first time",
      policies: { overlap: "skip", misfire: { policy: "once" }, timeoutMs: hourMs },
      runAs: { kind: "account", id: owner.accountId, name: "ada" },
    });
    const got = await ask("GET", "/schedules/nightly");
    expect(got.body).toEqual(made.body);
    expect(got.headers.etag).toBe('"1"');
    const again = await ask("POST", "/schedules", nightly("nightly"));
    expect([again.status, again.body.code]).toEqual([409, "name_taken"]);
  });

  it("say everything that is wrong with them, and what a skipped local time could mean", async () => {
    const wrong = await ask("POST", "/schedules", {
      ...nightly("wrong"),
      spec: { kind: "once", at: "2026-03-29T02:30", timezone: "Europe/Berlin", maxRuns: 0 },
    });
    expect([wrong.status, wrong.body.code]).toEqual([422, "schedule_invalid"]);
    expect(wrong.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      "/spec/maxRuns",
      "/spec/at",
    ]);
    const [, skipped] = wrong.body.errors;
    expect(skipped.candidates.map((candidate: { value: string }) => candidate.value)).toEqual([
      "2026-03-29T01:30:00+01:00",
      "2026-03-29T03:00:00+02:00",
      "2026-03-29T03:30:00+02:00",
    ]);
    const policies = await ask("POST", "/schedules", nightly("wrong", { policies: { retry: { max: 99 } } }));
    expect(policies.body.errors).toMatchObject([{ pointer: "/policies/retry/max" }]);
  });

  it("are previewed before and after they are made, with what a clock change does", async () => {
    const spec = nightly("x").spec;
    const unsaved = await ask("POST", "/schedules/preview", { spec, count: 2 });
    expect(unsaved.body.entries).toEqual([
      {
        kind: "run",
        local: "2026-03-29T03:00:00+02:00",
        utc: "2026-03-29T01:00:00Z",
        note: "02:30 is skipped by a clock change: runs right after",
      },
      { kind: "run", local: "2026-03-30T02:30:00+02:00", utc: "2026-03-30T00:30:00Z", note: null },
    ]);
    const stored = await ask("GET", "/schedules/nightly/preview?count=2");
    expect(stored.body).toEqual(unsaved.body);
  });

  it("are changed by who names their version, and what is not changed is not read anew", async () => {
    await ask("POST", "/schedules", nightly("changing"));
    const blind = await ask("PATCH", "/schedules/changing", { description: "x" });
    expect([blind.status, blind.body.code]).toEqual([428, "precondition_required"]);
    const { body: before } = await ask("GET", "/schedules/changing");
    const changed = await ask(
      "PATCH",
      "/schedules/changing",
      { spec: before.spec, command: { shell: "backup | tee log" } },
      { "if-match": '"1"' },
    );
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      command: { shell: "backup | tee log" },
      nextAt: before.nextAt,
      version: 2,
    });
    const stale = await ask("PATCH", "/schedules/changing", { description: "x" }, { "if-match": '"1"' });
    expect(stale.body.code).toBe("precondition_failed");
    const moved = await ask(
      "PATCH",
      "/schedules/changing",
      { spec: { kind: "interval", everyS: 60 } },
      { "if-match": '"2"' },
    );
    expect(moved.body).toMatchObject({
      nextAt: "2026-03-28T12:01:00.000Z",
      summary: expect.stringContaining("1 min"),
    });
    expect((await ask("DELETE", "/schedules/changing")).status).toBe(204);
    expect((await ask("GET", "/schedules/changing")).status).toBe(404);
  });

  it("do not make up for what was due while they were paused", async () => {
    await ask("POST", "/schedules", nightly("resting", { spec: { kind: "cron", expression: "0 * * * *" } }));
    const paused = await ask("POST", "/schedules/resting/pause");
    expect(paused.body).toMatchObject({ state: "paused", nextAt: null, pausedReason: "asked" });
    clock.advance(3 * hourMs);
    const resumed = await ask("POST", "/schedules/resting/resume");
    expect(resumed.body).toMatchObject({ state: "active", nextAt: "2026-03-28T16:00:00.000Z" });
    const runs = await ask("GET", "/runs?schedule=resting");
    expect(runs.body.items).toEqual([]);
    await ask("DELETE", "/schedules/resting");
  });

  it("run at once when somebody asks, and their run can be read and found", async () => {
    const asked = await ask("POST", "/schedules/nightly/run");
    expect([asked.status, asked.body.trigger]).toEqual([201, "manual"]);
    await waitFor(async () => (await ask("GET", `/runs/${asked.body.id}`)).body.status === "succeeded");
    const { body: run } = await ask("GET", `/runs/${asked.body.id}`);
    expect(run).toMatchObject({
      exitCode: 0,
      requestedBy: owner.accountId,
      executions: [{ machineId: machine, attempt: 1, status: "succeeded", outputBytes: 3, exitCode: 0 }],
    });
    expect(run.executions[0].sessionId).toMatch(/^ses_/);
    const found = await ask("GET", "/runs?schedule=nightly&status=succeeded&limit=1");
    expect(found.body).toEqual({ items: [run], nextCursor: null });
    const again = await ask("POST", `/runs/${run.id}/cancel`);
    expect([again.status, again.body.code]).toEqual([409, "conflict"]);
    expect((await ask("GET", "/schedules/nightly")).body.lastRun).toMatchObject({ status: "succeeded" });
  });

  it("end what runs when it is cancelled", async () => {
    machines.endsAtOnce = false;
    const { body: asked } = await ask("POST", "/schedules/nightly/run");
    await waitFor(
      async () => (await ask("GET", `/runs/${asked.id}`)).body.executions[0]?.status === "running",
    );
    expect((await ask("POST", `/runs/${asked.id}/cancel`)).body.status).toBe("cancelling");
    await waitFor(async () => (await ask("GET", `/runs/${asked.id}`)).body.status === "cancelled");
    machines.endsAtOnce = true;
  });

  it("are cancelled by those alone who may run something on each machine of the run, whatever their role says", async () => {
    machines.endsAtOnce = false;
    const { body: fleet } = await ask("GET", "");
    const [first = "", second = ""] = await fixture.addMachines(fleet.id, ["first", "second"]);
    const target = { kind: "machines", machines: [first, second] };
    await ask("POST", "/schedules", nightly("wide", { target }));
    const { body: asked } = await ask("POST", "/schedules/wide/run");
    const run = async () => (await ask("GET", `/runs/${asked.id}`)).body;
    await waitFor(async () => (await run()).executions[1]?.status === "running");
    const oscar = await fixture.addAccount("oscar");
    const member = await fixture.addMember(fleet.id, oscar.accountId, "member");
    const before = [...machines.cancelled];
    const cancelAt = async (level: string) => {
      await ask("PUT", `/members/${member}/machines/${second}`, { level });
      return (await ask("POST", `/runs/${asked.id}/cancel`, undefined, {}, oscar.token)).status;
    };
    expect([await cancelAt("none"), await cancelAt("view")]).toEqual([403, 403]);
    expect([(await run()).status, machines.cancelled]).toEqual(["running", before]);
    expect(await cancelAt("execute")).toBe(200);
    await waitFor(async () => (await run()).status === "cancelled");
    machines.endsAtOnce = true;
    await ask("DELETE", "/schedules/wide");
  });

  it("end nothing when they are paused, and what runs when they are deleted, and revoke neither", async () => {
    machines.endsAtOnce = false;
    await ask("POST", "/schedules", nightly("short-lived"));
    const { body: asked } = await ask("POST", "/schedules/short-lived/run");
    const run = async () => (await ask("GET", `/runs/${asked.id}`)).body;
    await waitFor(async () => (await run()).executions[0]?.status === "running");
    const { sessionId } = (await run()).executions[0];
    const revocations = () =>
      fixture.control.services.unitOfWork.read("all", (db) =>
        db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow(),
      );
    const before = await revocations();
    expect((await ask("POST", "/schedules/short-lived/pause")).status).toBe(200);
    expect((await run()).status).toBe("running");
    expect((await ask("DELETE", "/schedules/short-lived")).status).toBe(204);
    await waitFor(async () => (await run()).status === "cancelled");
    expect(machines.cancelled).toContain(sessionId);
    expect(await revocations()).toEqual(before);
    machines.endsAtOnce = true;
  });

  it("are read, not made, by a viewer, who does not see the values of the environment", async () => {
    const viewer = await fixture.addAccount("vic");
    const { body: fleet } = await fixture.ask("GET", at, { token: owner.token });
    await fixture.control.services.unitOfWork.record(
      { kind: "system", id: "test" },
      { requestId: "test" },
      async ({ db, now }) => {
        await db
          .insertInto("memberships")
          .values({
            id: "mem_viewer",
            fleet_id: fleet.id,
            account_id: viewer.accountId,
            role: "viewer",
            invited_by: null,
            created_at: now,
          })
          .execute();
      },
    );
    const made = await ask("POST", "/schedules", nightly("theirs"), {}, viewer.token);
    const ran = await ask("POST", "/schedules/nightly/run", undefined, {}, viewer.token);
    expect([made.status, ran.status]).toEqual([403, 403]);
    const seen = await ask("GET", "/schedules/nightly", undefined, {}, viewer.token);
    expect(seen.body.command.env).toEqual({ LEVEL: null });
  });

  it("enter every change into the audit log", async () => {
    const entries = await fixture.control.services.unitOfWork.read("all", (db) =>
      db
        .selectFrom("audit_entries")
        .select("action")
        .where("target_kind", "in", ["schedule", "run"])
        .execute(),
    );
    expect([...new Set(entries.map((entry) => entry.action))].sort()).toEqual([
      "run.cancel",
      "run.end",
      "run.request",
      "run.start",
      "schedule.create",
      "schedule.delete",
      "schedule.pause",
      "schedule.resume",
      "schedule.update",
    ]);
  });
});
