// The host as a process of its own: killed, ended, started twice; and what it leaks to the programs it runs.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newSessionId } from "@cmdop/base";
import { decodeFrame, ExitReason, GapReason, SessionKind } from "@cmdop/protocol";
import { isAlive, waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectHost, type HostControl } from "./host-client.ts";
import { type HomePeer, openPeer } from "./testing/home-peer.ts";

const main = fileURLToPath(new URL("../host-main.ts", import.meta.url));
let home: string;
let running: ChildProcess[];
let logs: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "cmdop-home-"));
  running = [];
  logs = "";
});
afterEach(async () => {
  for (const child of running) {
    child.kill("SIGKILL");
    await ended(child);
  }
  rmSync(home, { recursive: true, force: true });
});

const socketPath = () => join(home, "agent", "host.sock");

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once("close", (code) => resolve(code));
  });

const launch = (): ChildProcess => {
  const env = { ...process.env, CMDOP_HOME: home, CMDOP_LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  child.stdout?.on("data", (chunk) => (logs += chunk));
  child.stderr?.on("data", (chunk) => (logs += chunk));
  running.push(child);
  return child;
};

const start = async (): Promise<{ child: ChildProcess; control: HostControl }> => {
  const child = launch();
  const control = await waitFor(() => connectHost(socketPath()), { timeoutMs: 15_000, everyMs: 20 });
  return { child, control };
};

const terminal = async (control: HostControl, script: string): Promise<{ id: string; peer: HomePeer }> => {
  const id = newSessionId();
  await control.open(id, { kind: SessionKind.TERMINAL, argv: ["/bin/sh", "-c", script] });
  return { id, peer: await openPeer(socketPath(), id) };
};

describe("the host's process", () => {
  it("keeps its socket and files to its user", async () => {
    const { control } = await start();
    await terminal(control, "cat");
    const mode = (...path: string[]) => (lstatSync(join(home, ...path)).mode & 0o777).toString(8);
    expect([mode("agent"), mode("agent", "host.sock"), mode("agent", "sessions")]).toEqual([
      "700",
      "600",
      "700",
    ]);
    control.end();
  });

  it("refuses to run beside another, and takes over a socket that a dead one left", async () => {
    const first = await start();
    const second = launch();
    expect(await ended(second)).toBe(3);
    expect(logs).toContain("already_running");
    await first.control.list();
    first.child.kill("SIGKILL");
    await ended(first.child);
    expect(readdirSync(join(home, "agent"))).toContain("host.sock");
    const third = await start();
    expect(await third.control.list()).toEqual([]);
    third.control.end();
  });

  it("killed, leaves logs that are read to the last byte written, and no program behind", async () => {
    const { child, control } = await start();
    const { id, peer } = await terminal(control, "echo $$; i=0; while :; do i=$((i+1)); echo line $i; done");
    await waitFor(() => peer.next > 1_200_000, { timeoutMs: 15_000 });
    child.kill("SIGKILL");
    await ended(child);
    await waitFor(() => peer.isClosed);
    const shell = Number.parseInt(peer.text, 10);
    await waitFor(() => !isAlive(shell), { what: "the shell to end with its terminal" });
    const again = await start();
    const [session] = await again.control.list();
    expect(session).toMatchObject({ sessionId: id, exit: { reason: ExitReason.LOST } });
    // What was sent was stored in the same turn or just after it.
    expect(Number(session?.offset)).toBeGreaterThan(peer.next - 300_000);
    const reader = await openPeer(socketPath(), id);
    let text = "";
    for (let from = 0n, request = 1n; from < (session?.offset ?? 0n); request += 1n) {
      reader.send({ case: "logRequest", value: { requestId: request, from, to: 1n << 40n } });
      const done = await reader.see("logChunk", (chunk) => chunk.requestId === request && chunk.done);
      from = done.next;
    }
    await waitFor(() => reader.text.length === Number(session?.offset));
    text = reader.text;
    const lines = text.split("\r\n").slice(1, -1);
    expect(lines).toEqual(lines.map((_, at) => `line ${at + 1}`));
    again.control.end();
    await reader.close();
  });

  it("told to end, ends every session and then itself", async () => {
    const { child, control } = await start();
    const polite = await terminal(
      control,
      "trap 'echo bye; exit 3' HUP; echo up; while :; do sleep 0.05; done",
    );
    await polite.peer.printed("up");
    child.kill("SIGTERM");
    expect(await polite.peer.see("exit")).toMatchObject({ code: 3, reason: ExitReason.CLOSED });
    expect(await ended(child)).toBe(0);
    expect(logs).toContain("host.stopped");
    await control.closed;
    expect(readdirSync(join(home, "agent"))).not.toContain("host.sock");
  });

  it("ends by request, too", async () => {
    const { child, control } = await start();
    await terminal(control, "trap '' HUP; while :; do sleep 0.05; done");
    await control.stop(50);
    expect(await ended(child)).toBe(0);
  });

  it("lives on when the one that started it and its terminal go away", async () => {
    const { child, control } = await start();
    child.kill("SIGHUP");
    expect(await control.list()).toEqual([]);
    control.end();
  });

  it("gives its descriptors back: after a hundred sessions as many are open as before", async () => {
    const { child, control } = await start();
    const open = () => readdirSync(`/proc/${child.pid}/fd`).length;
    const cycle = async (kind: SessionKind) => {
      const id = newSessionId();
      await control.open(id, { kind, argv: ["/bin/sh", "-c", "read -r a"], stdin: true });
      const peer = await openPeer(socketPath(), id);
      await peer.hello();
      await control.close(id, { graceMs: 2_000 });
      await peer.see("exit");
      await peer.close();
    };
    await cycle(SessionKind.TERMINAL);
    await cycle(SessionKind.COMMAND);
    await waitFor(async () => (await control.list()).every(({ exit }) => exit));
    const before = open();
    for (let at = 0; at < 25; at += 1) {
      await Promise.all([1, 1, 2, 2].map((kind) => cycle(kind as SessionKind)));
    }
    await waitFor(() => open() <= before, { what: `${before} open descriptors` });
    const tasks = readdirSync(`/proc/${child.pid}/task`);
    const children = tasks
      .map((task) => readFileSync(`/proc/${child.pid}/task/${task}/children`, "utf8"))
      .join("");
    expect(children).toBe("");
    control.end();
  }, 60_000);

  it("gives a program no descriptor of another session, wherever holes are", async () => {
    const { control } = await start();
    const sessions = [];
    for (let at = 0; at < 4; at += 1) sessions.push(await terminal(control, "echo $$; cat"));
    // A hole below the others.
    const [first] = sessions;
    await control.close(first?.id ?? "", { graceMs: 1_000 });
    await first?.peer.see("exit");
    sessions.push(await terminal(control, "echo $$; cat"));
    const id = newSessionId();
    await control.open(id, {
      kind: SessionKind.COMMAND,
      argv: ["/bin/sh", "-c", "echo $$; cat"],
      stdin: true,
    });
    sessions.push({ id, peer: await openPeer(socketPath(), id) });
    for (const { peer } of sessions.slice(1)) {
      await peer.printed("\n");
      const pid = Number.parseInt(peer.text, 10);
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      expect(links.filter((link) => /ptmx|\.log|host\.sock|anon_inode/.test(link))).toEqual([]);
    }
    control.end();
  });

  const itOnMount = it.skipIf(!canMount());
  // Without the right to mount, output-log.test.ts does the same with a disk in memory.
  itOnMount("on a full disk declares what it could not store, and the session lives on", async () => {
    const disk = join(home, "agent");
    mkdirSync(disk, { mode: 0o700 });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", disk]);
    try {
      const { control } = await start();
      const { peer } = await terminal(
        control,
        "read -r g; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo full; read -r g; echo more; read -r g; echo after; cat",
      );
      await peer.hello();
      peer.type("\r");
      await peer.printed("full\r\n", 15_000);
      peer.type("\r");
      await peer.printed("more\r\n");
      expect(logs).toContain("log.refused");
      peer.send({ case: "logRequest", value: { requestId: 1n, from: 2_900_000n, to: 1n << 40n } });
      await peer.see("logChunk", ({ requestId, done }) => requestId === 1n && done);
      // Space again: it stores by itself.
      execFileSync("mount", ["-o", "remount,size=64m", disk]);
      await waitFor(
        async () => {
          peer.type("x\r");
          return logs.includes("log.storing");
        },
        { everyMs: 200 },
      );
      peer.send({ case: "logRequest", value: { requestId: 2n, from: 2_900_000n, to: 1n << 40n } });
      const done = await peer.see("logChunk", ({ requestId, done: isDone }) => requestId === 2n && isDone);
      expect(Number(done.next)).toBeGreaterThan(3_000_000);
      const stored = peer
        .all("logChunk")
        .flatMap(({ requestId, frame }) =>
          requestId === 2n && frame.length > 0 ? [decodeFrame(frame).body] : [],
        );
      expect(stored.some(({ case: kind, value }) => kind === "gap" && value.reason === GapReason.LOST)).toBe(
        true,
      );
      expect(stored.at(-1)?.case).toBe("output");
      control.end();
      await peer.close();
    } finally {
      for (const child of running) {
        child.kill("SIGKILL");
        await ended(child);
      }
      execFileSync("umount", [disk]);
    }
  });

  it("says what is wrong when its directory cannot be used", async () => {
    writeFileSync(join(home, "agent"), "a file");
    const child = launch();
    expect(await ended(child)).toBe(1);
    expect(logs).toContain("host.failed");
  });
});

function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), "cmdop-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
