import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import path from "node:path";
import { type Client, createClient } from "@cmdop/sdk";
import { Stack, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CmdopResult, runCmdop, runCmdopHere, startCmdop } from "./run-cmdop.ts";

let stack: Stack;
let client: Client;

beforeAll(async () => {
  stack = await Stack.start();
  client = createClient(stack.clientOptions);
});
afterAll(async () => {
  await client?.dispose();
  await stack?.close();
});

const cmdop = (args: readonly string[], input?: Uint8Array | string): Promise<CmdopResult> =>
  runCmdop(stack.home, args, input === undefined ? {} : { input });

const cmdopHere = (
  args: readonly string[],
  options: Parameters<typeof runCmdopHere>[2] = {},
): ReturnType<typeof runCmdopHere> => runCmdopHere(stack.home, args, options);

const lines = (text: string): unknown[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("exec", () => {
  it("keeps stdout and stderr apart and passes the exit code", async () => {
    const { code, stdout, stderr } = await cmdop([
      "exec",
      "--",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    ]);
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "out\n", stderr: "err\n" });
  });

  it("passes standard input to its end, byte for byte, both ways", async () => {
    const input = randomBytes(1_500_000);
    const { code, stdoutBytes } = await cmdop(["exec", "testbench", "--", "cat"], input);
    expect(code).toBe(0);
    expect(stdoutBytes.equals(input)).toBe(true);
  });

  it("ends while its input is still open", async () => {
    expect(await cmdop(["exec", "--", "true"], randomBytes(400_000))).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    ["no such program", ["--", "cmdop-no-such-program"], 127],
    ["not executable", ["--", "/etc/passwd"], 126],
    ["no such machine", ["nowhere", "--", "true"], 125],
    ["no program", [], 125],
    ["an unknown option", ["--nope", "--", "true"], 125],
    ["a program before --", ["testbench", "true"], 125],
    ["a bad duration", ["--timeout", "5", "--", "true"], 125],
    ["a bad directory", ["--cwd", "/cmdop-no-such-directory", "--", "true"], 125],
  ])("%s", async (_name, args, code) => {
    const result = await cmdopHere(["exec", ...args]);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr.split("\n")).toHaveLength(4);
  });

  it("a signal is 128 and its number, a timeout 6", async () => {
    expect(await cmdop(["exec", "--", "sh", "-c", "kill -9 $$"])).toMatchObject({ code: 137 });
    expect(await cmdop(["exec", "--timeout", "200ms", "--", "sleep", "30"])).toMatchObject({
      code: 6,
      stderr: "ended after 0 s (--timeout)\n",
    });
  });

  it("--json says everything, --env and --cwd hold", async () => {
    const { code, stdout } = await cmdop([
      "exec",
      "--json",
      "--env",
      "A=1 2",
      "--cwd",
      "/usr",
      "--",
      "sh",
      "-c",
      'printf %s "$A $PWD"; echo e >&2; exit 1',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      session: expect.stringMatching(/^ses_/),
      machine: "testbench",
      code: 1,
      signal: null,
      reason: "exited",
      exitCode: 1,
      stdout: "1 2 /usr",
      stderr: "e\n",
      truncated: false,
      missingBytes: 0,
      durationMs: expect.any(Number),
    });
  });

  it("the first ^C reaches the command", async () => {
    const running = startCmdop(stack.home, [
      "exec",
      "--",
      "sh",
      "-c",
      "trap 'exit 9' INT; echo up >&2; sleep 30 & wait",
    ]);
    await waitFor(() => running.stderr().includes("up"), { timeoutMs: 10_000 });
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ code: 9 });
  });

  it("the second ends it", async () => {
    const running = startCmdop(stack.home, [
      "exec",
      "--",
      "sh",
      "-c",
      "trap '' INT; echo up >&2; while :; do sleep 1; done",
    ]);
    await waitFor(() => running.stderr().includes("up"), { timeoutMs: 10_000 });
    await waitFor(() => running.stderr().includes("ending it") || running.kill("SIGINT"), {
      timeoutMs: 10_000,
      everyMs: 300,
    });
    const { code } = await running.result;
    expect([129, 137, 130]).toContain(code);
  });

  it("whoever read its output goes: 141, and the command does not run on with nobody to read it", async () => {
    const running = startCmdop(stack.home, [
      "exec",
      "--name",
      "unread",
      "--",
      "sh",
      "-c",
      "while echo y; do :; done",
    ]);
    await waitFor(() => running.stdout().length > 0, { timeoutMs: 10_000 });
    running.stopReading();
    expect(await running.result).toMatchObject({ code: 141, stderr: "" });
    await waitFor(async () => (await client.sessions.get("unread")).state === "ended", { timeoutMs: 10_000 });
  });

  /** Resolves when a session that has begun to write writes no more. */
  const untilStill = (name: string) => {
    let before = 0;
    return waitFor(
      async () => {
        const [found] = (await client.sessions.list({ ended: true })).filter((each) => each.name === name);
        const isStill = found !== undefined && found.offset > 1_000_000 && found.offset === before;
        before = found?.offset ?? 0;
        return isStill ? found : undefined;
      },
      { timeoutMs: 30_000, everyMs: 500 },
    );
  };

  /** Zeros, more than is on its way at a time, to a reader that takes nothing yet; resolves when all stands still. */
  const unreadZeros = async (name: string, bytes: number) => {
    const argv = ["exec", "--name", name, "--", "head", "-c", `${bytes}`, "/dev/zero"];
    const running = startCmdop(stack.home, argv);
    const goOn = running.holdReading();
    return { running, goOn, session: await untilStill(name) };
  };

  it("a reader that is slow gets all of what is more than the machine keeps: the command waits for it", async () => {
    const bytes = 80_000_000;
    const { running, goOn, session } = await unreadZeros("slowly", bytes);
    expect(session.offset).toBeLessThan(bytes);
    goOn();
    const { code, stdoutBytes, stderr } = await running.result;
    expect({ code, stderr, bytes: stdoutBytes.length }).toEqual({ code: 0, stderr: "", bytes });
  });

  it("so does a program that runs it by the SDK, and takes its output slowly", async () => {
    const bytes = 20_000_000;
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let taken = 0;
    const running = client.run({
      name: "slow program",
      argv: ["head", "-c", `${bytes}`, "/dev/zero"],
      onOutput: (_channel, chunk) => {
        taken += chunk.length;
        return held;
      },
    });
    expect((await untilStill("slow program")).offset).toBeLessThan(bytes);
    goOn();
    const { code, missingBytes } = await running;
    expect({ code, missingBytes, taken }).toEqual({ code: 0, missingBytes: 0, taken: bytes });
  });

  it("a part of the output lost on the machine: 5 for a command that succeeded, and how much is missing", async () => {
    const bytes = 20_000_000;
    const { running, goOn, session } = await unreadZeros("damaged", bytes);
    // What lies between the reader and the relay's window is in the log alone, and the disk returns something else.
    const log = path.join(stack.home, "agent", "sessions", session.id, "log");
    const [, second = ""] = readdirSync(log).sort();
    const fd = openSync(path.join(log, second), "r+");
    writeSync(fd, Buffer.alloc(100_000, 0xff), 0, 100_000, 500_000);
    closeSync(fd);
    goOn();
    const { code, stdoutBytes, stderr } = await running.result;
    const [, missing = ""] =
      /^output is missing from byte \d+ on \(lost\)\n(\d+) bytes of the output are missing\n$/.exec(
        stderr,
      ) ?? [stderr];
    expect({ code, bytes: stdoutBytes.length + Number(missing) }).toEqual({ code: 5, bytes });
    expect(Number(missing)).toBeGreaterThanOrEqual(100_000 - 1_000);
  });

  it("lost after it started: 5, and a line for programs", async () => {
    const running = startCmdop(stack.home, [
      "exec",
      "--patience",
      "1s",
      "--",
      "sh",
      "-c",
      "echo up >&2; sleep 600",
    ]);
    await waitFor(() => running.stderr().includes("up"), { timeoutMs: 10_000 });
    await stack.signal("relay", "SIGKILL");
    try {
      const { code, stderr } = await running.result;
      expect(code).toBe(5);
      const line = stderr.split("\n").find((text) => text.startsWith("{")) ?? "";
      expect(JSON.parse(line)).toEqual({ lost: true, session: expect.stringMatching(/^ses_/) });
    } finally {
      stack.spawn("relay");
      await stack.untilRelayReady();
      await stack.untilLinked();
    }
  });

  it("goes on over a relay that dies and comes back, exactly", async () => {
    const script = "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.05; done";
    const running = startCmdop(stack.home, ["exec", "--", "sh", "-c", `echo up >&2; ${script}`]);
    await waitFor(() => running.stderr().includes("up"), { timeoutMs: 10_000 });
    await stack.signal("relay", "SIGKILL");
    stack.spawn("relay");
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(stdout).toBe(Array.from({ length: 40 }, (_line, i) => `line ${i}\n`).join(""));
    await stack.untilLinked();
  });
});

describe("sessions without a terminal", () => {
  it("new, send, wait, read, close, forget", async () => {
    const opened = await cmdopHere([
      "new",
      "--detached",
      "--name",
      "shell",
      "-e",
      "PS1=$ ",
      "-e",
      "ENV=",
      "--",
      "/bin/sh",
    ]);
    const id = opened.stdout.trim();
    expect(id).toMatch(/^ses_[0-9A-Za-z]{22}$/);
    expect(opened.stderr).toBe("Type: cmdop attach shell\n");

    expect(await cmdopHere(["send", "shell", "echo", "he''llo", "--enter"])).toMatchObject({
      code: 0,
      stdout: "",
    });
    const found = await cmdopHere([
      "wait",
      "testbench/shell",
      "--for",
      "^(?<word>he\\w+)",
      "--from",
      "0",
      "--timeout",
      "10s",
      "--json",
    ]);
    expect(JSON.parse(found.stdout)).toMatchObject({
      session: id,
      reason: "pattern",
      text: "hello",
      groups: { word: "hello" },
    });

    const read = await cmdopHere(["read", id]);
    expect(read.stdout).toContain("$ echo he''llo\nhello\n");
    expect(read.stderr).toMatch(/^next: --from \d+\n$/);
    const next = Number(/\d+/.exec(read.stderr)?.[0]);
    const part = await cmdopHere(["read", "shell", "--from", "2", "--to", "6", "-q"]);
    expect(part).toMatchObject({ stdout: "echo", stderr: "" });
    for (const command of ["read", "wait --exit"]) {
      const ahead = await cmdopHere([...command.split(" "), "shell", "--from", "99999"]);
      expect(ahead).toMatchObject({ code: 1, stdout: "" });
      expect(ahead.stderr).toContain("beyond the end of the session's output");
    }
    const json = lines((await cmdopHere(["read", "shell", "--json"])).stdout);
    expect(json.at(-1)).toEqual({ kind: "end", next });
    expect(json).toContainEqual(expect.objectContaining({ kind: "output", offset: 0, channel: "pty" }));

    const middle = lines((await cmdopHere(["read", "shell", "--from", "2", "--json"])).stdout);
    expect(middle[0]).toMatchObject({ kind: "resize", offset: 2, cols: 80, rows: 24 });
    const raw = await cmdopHere(["read", "shell", "--from", "2", "--raw"]);
    expect(raw.stderr).toContain("from 2: 80x24\n");

    // Once it is in the foreground: a ^C before that is the shell's own, and it takes no notice.
    await cmdopHere(["send", "shell", "sh -c 'echo sleep''ing; exec sleep 100'", "--enter"]);
    const asleep = ["wait", "shell", "--for", "^sleeping", "--from", String(next), "--timeout", "10s"];
    expect(await cmdopHere(asleep)).toMatchObject({ code: 0 });
    await cmdopHere(["send", "shell", "--key", "C-c"]);
    await cmdopHere(["send", "shell", "--paste"], { input: "echo pasted; exit 4\n" });
    await cmdopHere(["send", "shell", "--enter"]);
    expect(await cmdopHere(["wait", "shell", "--exit", "--timeout", "10s"])).toMatchObject({ code: 4 });

    expect((await cmdopHere(["ps", "-q"])).stdout).not.toContain(id);
    expect((await cmdopHere(["ps", "-a", "-q"])).stdout).toContain(id);
    expect(await cmdopHere(["send", "shell", "x"])).toMatchObject({ code: 1 });
    expect(await cmdopHere(["close", "shell", "--forget"])).toMatchObject({
      code: 0,
      stdout: "shell is forgotten\n",
    });
    expect((await cmdopHere(["ps", "-a", "-q"])).stdout).not.toContain(id);
  });

  it("wait says what happened by its exit code", async () => {
    await cmdopHere(["new", "-d", "--name", "quiet", "--", "sleep", "600"]);
    expect(await cmdopHere(["wait", "quiet", "--for", "never", "--timeout", "200ms"])).toMatchObject({
      code: 6,
    });
    expect(await cmdopHere(["wait", "quiet", "--idle", "100ms"])).toMatchObject({ code: 0 });
    const waiting = cmdopHere(["wait", "quiet", "--for", "never"]);
    await cmdopHere(["close", "quiet"]);
    expect(await waiting).toMatchObject({ code: 1 });
  });

  it("read --follow ends with the execution, --asciicast records, the machine's own log is exported", async () => {
    await cmdopHere(["new", "-d", "--name", "cast", "--", "sh", "-c", "echo one; echo two; exit 2"]);
    const [header, ...events] = lines((await cmdopHere(["read", "cast", "--follow", "--asciicast"])).stdout);
    expect(header).toMatchObject({ version: 3, term: { cols: 80, rows: 24 } });
    const text = events
      .flatMap((event) => (Array.isArray(event) && event[1] === "o" ? [event[2]] : []))
      .join("");
    expect(text).toBe("one\r\ntwo\r\n");
    expect(events.at(-1)).toEqual([expect.any(Number), "x", "2"]);
    const [first, ...exported] = lines((await cmdop(["machine", "export", "cast"])).stdout);
    expect(first).toMatchObject({ version: 3, term: { cols: 80, rows: 24 } });
    expect(exported.at(-1)).toEqual([expect.any(Number), "x", "2"]);
    expect(await cmdopHere(["machine", "export", "nothing"])).toMatchObject({ code: 1, stdout: "" });
  });

  it("lists machines and sessions in each form", async () => {
    await cmdopHere([
      "new",
      "-d",
      "--name",
      "listed",
      "--",
      "sh",
      "-c",
      "printf '\\033]0;ti\\342\\200\\256tle\\007rea'; echo dy; sleep 600",
    ]);
    expect(await cmdopHere(["new", "-d", "--name", "na\u001b[31mme"])).toMatchObject({ code: 2, stdout: "" });
    await cmdopHere(["wait", "listed", "--for", "ready", "--from", "0", "--timeout", "10s"]);
    const table = await cmdopHere(["sessions"]);
    expect(table.stdout).not.toMatch(/\u001b|\u202e/);
    const [fields] = table.stdout
      .split("\n")
      .filter((line) => line.startsWith("listed"))
      .map((line) => line.split("\t"));
    expect(fields?.slice(1, 4)).toEqual(["testbench", "live", "0"]);
    expect(JSON.parse((await cmdopHere(["sessions", "--json"])).stdout)).toContainEqual(
      expect.objectContaining({ machineName: "testbench", state: "live", kind: "terminal" }),
    );
    expect(JSON.parse((await cmdopHere(["machines", "--json"])).stdout)).toEqual([
      expect.objectContaining({ name: "testbench", presence: "online" }),
    ]);
    expect((await cmdopHere(["complete-names", "machine"])).stdout).toBe("testbench\tonline\n");
  });

  it("a ticket opens one session, alone and to watch", async () => {
    await cmdopHere(["new", "-d", "--name", "shared", "--", "cat"]);
    const ticket = JSON.parse((await cmdopHere(["ticket", "shared", "--observer", "--json"])).stdout);
    expect(ticket).toMatchObject({ role: "observer", relays: [stack.relay], caPin: stack.local.caPin });
    const guest = createClient({ relay: ticket.relays, token: ticket.token, ca: { pin: ticket.caPin } });
    try {
      const attachment = await guest.attach(ticket);
      expect(attachment.role).toBe("observer");
      await expect(guest.sessions.list()).rejects.toThrow();
    } finally {
      await guest.dispose();
    }
  });
});

describe("what goes wrong is said in three lines, with an exit code", () => {
  it.each([
    [["attach"], 2, "must be a terminal"],
    [["new"], 2, "must be a terminal"],
    [["read", "nothing-of-that-name"], 1, "Type: cmdop sessions -a"],
    [["exce"], 2, "Did you mean exec?"],
    [["read"], 2, "Type: cmdop read --help"],
    [["relay"], 2, "cmdop relay needs a command"],
    [["completion", "tcsh"], 2, "bash, zsh, fish"],
    [["send", "x"], 2, "There is nothing to send"],
    [["wait", "x"], 2, "There is nothing to wait for"],
    [["wait", "x", "--for", "("], 2, "--for"],
    [["up", "--name", "other"], 1, "cmdop down"],
  ])("%j", async (args, code, text) => {
    const result = await cmdopHere(args);
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr.split("\n")).toHaveLength(4);
  });

  it.each([
    ["no relay there", { CMDOP_RELAY: "127.0.0.1:1" }, 5],
    ["another relay's pin", { CMDOP_RELAY_CA_PIN: `sha256:${"A".repeat(43)}` }, 4],
    ["a bad token", { CMDOP_TOKEN: "a.b.c" }, 4],
  ])("%s", async (_name, env, code) => {
    const result = await cmdopHere(["sessions"], { env });
    expect(result).toMatchObject({ code, stdout: "" });
    const json = await cmdopHere(["sessions", "--json"], { env });
    expect(JSON.parse(json.stderr)).toEqual({
      error: {
        code: expect.any(String),
        what: expect.any(String),
        why: expect.any(String),
        next: expect.any(String),
      },
    });
  });
});

describe("this machine's agent", () => {
  it("status, doctor, down, up: its sessions live on", async () => {
    const { stdout } = await cmdop(["new", "-d", "--name", "survivor", "--", "cat"]);
    expect(await cmdop(["status", "--check"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(JSON.parse((await cmdop(["status", "--json"])).stdout)).toMatchObject({
      running: true,
      machine: { name: "testbench" },
      link: { state: "linked" },
    });
    expect((await cmdop(["machine", "key"])).stdout.trim()).toBe(
      JSON.parse((await cmdop(["status", "--json"])).stdout).machine.fingerprint,
    );
    expect(await cmdop(["doctor"])).toMatchObject({ code: 0 });

    const down = await cmdop(["down"]);
    expect(down.stdout).toMatch(/^stopped; \d+ sessions? lives? on\n$/);
    expect(await cmdop(["status", "--check"])).toMatchObject({ code: 1 });
    const up = await cmdop(["up"]);
    expect(up).toMatchObject({ code: 0 });
    expect(up.stdout).toContain("linked");
    expect((await cmdop(["up"])).stdout).toContain("runs already");
    expect((await cmdop(["ps", "-q"])).stdout).toContain(stdout.trim());
    await cmdop(["down"]);
    expect(await cmdop(["down", "--all"])).toMatchObject({ code: 0, stdout: "stopped, with its sessions\n" });
    expect((await cmdop(["down", "--all"])).stderr).toContain("The agent was not running.");
    stack.spawn("agent");
    await stack.untilLinked();
  });
});
