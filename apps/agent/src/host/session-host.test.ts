import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newSessionId } from "@cmdop/base";
import { ExitReason, InputRefusal, SessionKind } from "@cmdop/protocol";
import { FakeClock, leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostLimits } from "./limits.ts";
import { openSessionStore } from "./session-store.ts";
import { type HostFixture, openHostFixture } from "./testing/host-fixture.ts";
import { readText } from "./testing/observe.ts";

const checkLeaks = leakCheck();
let fixture: HostFixture;
beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(() => fixture.close());
afterAll(() => checkLeaks());

describe("the host", () => {
  it.each([
    ["a program that is missing", { argv: ["cmdop-no-such-program"] }, "command_not_found"],
    ["a file that is missing", { argv: ["/no/such"] }, "command_not_found"],
    ["a file that is not executable", { argv: ["/etc/passwd"] }, "command_not_executable"],
    ["a directory as the program", { argv: ["/tmp"] }, "command_not_executable"],
    ["a directory that is missing", { argv: ["true"], cwd: "/no/such/directory" }, "spawn_failed"],
    ["a file as the directory", { argv: ["true"], cwd: "/etc/passwd" }, "spawn_failed"],
    ["a relative directory", { argv: ["true"], cwd: "tmp" }, "spawn_failed"],
    ["an absurd size", { argv: ["true"], cols: 100_000 }, "invalid_argument"],
    ["a zero byte", { argv: ["true", "a\0b"] }, "invalid_argument"],
    ["too many arguments", { argv: Array.from({ length: 2_000 }, () => "x") }, "invalid_argument"],
    ["an environment name with an equals sign", { argv: ["true"], env: { "A=B": "c" } }, "invalid_argument"],
  ])("says what is wrong with %s, and keeps nothing of it", async (_, spec, code) => {
    for (const kind of [SessionKind.TERMINAL, SessionKind.COMMAND]) {
      await expect(fixture.control.open(newSessionId(), { kind, ...spec })).rejects.toMatchObject({ code });
    }
    expect(await fixture.control.list()).toEqual([]);
    expect(readdirSync(join(fixture.directory, "sessions"))).toEqual([]);
  });

  it("takes nothing for a session's id that could be a path", async () => {
    for (const id of ["", "../../etc", "ses_..", "ses_000000000000000000000/"]) {
      const opening = fixture.control.open(id, { kind: SessionKind.TERMINAL, argv: ["true"] });
      await expect(opening).rejects.toMatchObject({ code: "invalid_argument" });
    }
    expect(readdirSync(join(fixture.directory, "sessions"))).toEqual([]);
  });

  it("answers an order that came twice with the same session", async () => {
    const id = newSessionId();
    const spec = { kind: SessionKind.TERMINAL, argv: ["cat"] };
    const [first, second] = await Promise.all([
      fixture.control.open(id, spec),
      fixture.control.open(id, spec),
    ]);
    expect(second).toEqual(first);
    expect(await fixture.control.open(id, spec)).toMatchObject({ sessionId: id });
    expect(fixture.host.liveCount).toBe(1);
  });

  it("runs as many sessions as its bound", async () => {
    await fixture.close();
    fixture = await openHostFixture({ bounds: { liveSessionsMax: 2 } });
    const spec = { kind: SessionKind.TERMINAL, argv: ["cat"] };
    const results = await Promise.allSettled([1, 2, 3].map(() => fixture.open(spec)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(results[2]).toMatchObject({ reason: { code: "too_many_sessions" } });
  });

  it("reports what opens, changes its title, ends and is forgotten", async () => {
    const reports: string[] = [];
    await fixture.control.subscribe(({ sessions, forgotten }) => {
      for (const { title, exit } of sessions) reports.push(exit ? `ended ${exit.code}` : `live ${title}`);
      for (const _ of forgotten) reports.push("forgotten");
    });
    const { peer, id } = await fixture.terminal(
      "printf '\\033]0;my \\033\\\\'; printf '\\033]2;t\\342\\200\\256itle\\007'; read -r a; exit 2",
    );
    await waitFor(() => reports.includes("live title"));
    await expect(fixture.control.forget(id)).rejects.toMatchObject({ code: "unexpected_message" });
    peer.type("\r");
    await waitFor(() => reports.includes("ended 2"));
    await fixture.control.forget(id);
    expect(reports.at(-1)).toBe("forgotten");
    expect(readdirSync(join(fixture.directory, "sessions"))).toEqual([]);
    await expect(fixture.control.forget(id)).rejects.toMatchObject({ code: "session_not_found" });
  });

  it("serves a session that has ended: log, last screen, and no input", async () => {
    const { peer, id } = await fixture.terminal("echo gone but not forgotten; exit 6");
    const exit = await peer.see("exit");
    expect(exit.logUntilMs - exit.atMs).toBe(BigInt(hostLimits.endedSessionsMs));
    await peer.close();
    const later = await fixture.peer(id);
    const { logUntilMs } = exit;
    expect(await later.hello()).toMatchObject({
      offset: 24n,
      exit: { code: 6, finalOffset: 24n, logUntilMs },
    });
    expect(await readText(later, 1n)).toBe("gone but not forgotten\r\n");
    later.send({ case: "snapshotRequest", value: { requestId: 5n } });
    const snapshot = await later.see("snapshot");
    expect(Buffer.from(snapshot.data).toString()).toContain("gone but not forgotten");
    expect(await later.answer(later.type("x"))).toMatchObject({ refusal: InputRefusal.CLOSED });
    await expect(fixture.control.open(id, { kind: SessionKind.TERMINAL })).rejects.toMatchObject({
      code: "session_ended",
    });
  });

  it("lists sessions of a host that went away as lost, and serves their logs", async () => {
    const id = newSessionId();
    const { peer } = await fixture.terminal("echo before; cat");
    await peer.printed("before");
    const live = (await peer.hello()).sessionId;
    // As a SIGKILL leaves them: the files of a session that never ended.
    const from = join(fixture.directory, "sessions", live);
    // The log is written a moment after what it holds was shown.
    const log = join(from, "log");
    await waitFor(() => readdirSync(log).some((name) => readFileSync(join(log, name)).includes("before")));
    const second = await openHostFixture();
    const to = join(second.directory, "sessions", live);
    await second.close();
    cpSync(from, to, { recursive: true });
    const third = await openHostFixture({ directory: second.directory });
    try {
      expect((await third.control.list()).map(({ sessionId, exit }) => [sessionId, exit?.reason])).toEqual([
        [live, ExitReason.LOST],
      ]);
      const reader = await third.peer(live);
      expect(await readText(reader, 1n)).toBe("before\r\n");
      reader.send({ case: "snapshotRequest", value: { requestId: 5n } });
      expect(Buffer.from((await reader.see("snapshot")).data).toString()).toContain("before");
      expect(id).not.toBe(live);
    } finally {
      await third.close();
    }
  });

  it("lists what it can of a session whose log cannot be read, and all the others", async () => {
    const { id: sound, peer } = await fixture.command("echo sound");
    await peer.see("exit");
    await peer.close();
    const directory = `${fixture.directory}-next`;
    const sessions = join(directory, "sessions");
    cpSync(join(fixture.directory, "sessions"), sessions, { recursive: true });
    const broken = { ended: newSessionId(), lost: newSessionId() };
    const exit = { code: 0, signal: "", finalOffset: 9, reason: ExitReason.EXITED, atMs: Date.now() };
    const store = openSessionStore(sessions);
    const [meta] = store.list();
    if (!meta) throw new Error("nothing was stored");
    const { exit: _, ...endless } = meta;
    store.create({ ...meta, id: broken.ended, exit });
    store.create({ ...endless, id: broken.lost });
    for (const id of Object.values(broken)) writeFileSync(store.logDirectory(id), "no directory");
    const next = await openHostFixture({ directory });
    try {
      const listed = await next.control.list();
      const reasons = new Map(listed.map(({ sessionId, exit: each }) => [sessionId, each?.reason]));
      expect(reasons).toEqual(
        new Map([
          [sound, ExitReason.EXITED],
          [broken.ended, ExitReason.EXITED],
          [broken.lost, ExitReason.LOST],
        ]),
      );
      expect(await readText(await next.peer(broken.ended), 1n)).toBe("<gap>");
      expect(await readText(await next.peer(sound, 2), 1n)).toBe("sound\n");
      // It may be readable the next time: how it ended is not written down.
      expect(store.find(broken.lost)?.exit).toBeUndefined();
    } finally {
      await next.close();
      rmSync(directory, { recursive: true });
    }
  });

  it("keeps its deadlines when the disk does not let an ended session go", async () => {
    await fixture.close();
    const clock = new FakeClock(Date.now());
    fixture = await openHostFixture({ clock, removeFailure: "EIO", bounds: { endedSessionsMax: 0 } });
    const { id, peer } = await fixture.command("exit 0");
    await peer.see("exit");
    await peer.close();
    const next = await fixture.terminal("sleep 1000", { timeoutMs: 90_000n });
    await waitFor(() => fixture.host.find(id).homes === 0);
    expect(() => clock.advance(61_000)).not.toThrow();
    expect(fixture.events).toContainEqual({
      event: "session.not_removed",
      fields: { session: id, code: "EIO" },
    });
    clock.advance(30_000);
    expect(await next.peer.see("exit")).toMatchObject({ reason: ExitReason.TIMEOUT });
  });

  it("keeps a log its time whatever the wall clock says, and forgets it then, its host restarted or not", async () => {
    await fixture.close();
    const [minute, hour] = [60_000, 3_600_000];
    const bounds = { endedSessionsMs: 7 * hour, endedSettleMs: 10 * minute };
    const clock = new FakeClock(Date.now());
    fixture = await openHostFixture({ clock, bounds });
    const { id, peer } = await fixture.command("exit 0");
    await peer.see("exit");
    await peer.close();
    await waitFor(() => fixture.host.find(id).homes === 0);
    const directory = `${fixture.directory}-next`;
    cpSync(join(fixture.directory, "sessions"), join(directory, "sessions"), { recursive: true });
    const laterClock = new FakeClock(clock.wallMs() + 6 * hour);
    const later = await openHostFixture({ directory, clock: laterClock, bounds });
    try {
      const isKept = (at: HostFixture): boolean => at.host.list().some(({ sessionId }) => sessionId === id);
      // As a machine that boots with a wrong clock, which is set a little later.
      laterClock.jumpWall(400 * hour);
      laterClock.advance(9 * minute);
      expect(isKept(later)).toBe(true);
      laterClock.jumpWall(-400 * hour);
      laterClock.advance(11 * minute);
      laterClock.jumpWall(400 * hour);
      laterClock.advance(38 * minute);
      expect(isKept(later)).toBe(true);
      laterClock.advance(4 * minute);
      expect(isKept(later)).toBe(false);

      clock.jumpWall(400 * hour);
      clock.advance(7 * hour - minute);
      expect(isKept(fixture)).toBe(true);
      clock.jumpWall(-800 * hour);
      clock.advance(3 * minute);
      expect(isKept(fixture)).toBe(false);
    } finally {
      await later.close();
      rmSync(directory, { recursive: true });
    }
  });

  it("forgets ended sessions beyond its bounds, the oldest first", async () => {
    await fixture.close();
    fixture = await openHostFixture({ bounds: { endedSessionsMax: 2 } });
    const ids: string[] = [];
    for (let at = 0; at < 4; at += 1) {
      const { peer, id } = await fixture.terminal("true");
      await peer.see("exit");
      await peer.close();
      ids.push(id);
    }
    await waitFor(() => fixture.events.filter(({ event }) => event === "session.ended").length === 4);
    await waitFor(() => {
      fixture.host.retain();
      return fixture.host.list().length === 2;
    });
    expect(fixture.host.list().map(({ sessionId }) => sessionId)).toEqual(ids.slice(2));
  });

  it("passes over what is not a session's directory and a meta file that is damaged", async () => {
    const { directory } = fixture;
    const bad = join(directory, "sessions", newSessionId());
    mkdirSync(bad);
    writeFileSync(join(bad, "meta.json"), "{");
    mkdirSync(join(directory, "sessions", "..hidden"));
    const second = await openHostFixture({
      directory: directory,
    }).catch((error) => error);
    expect(second).toMatchObject({ code: "already_running" });
    expect(await fixture.control.list()).toEqual([]);
  });
});
