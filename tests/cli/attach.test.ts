import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Client, createClient } from "@cmdop/sdk";
import { Stack, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { UserWindow } from "./user-window.ts";

const esc = "\u001b";
let stack: Stack;
let client: Client;
let windows: UserWindow[] = [];
let session = "";
let count = 0;

beforeAll(async () => {
  stack = await Stack.start();
  client = createClient(stack.clientOptions);
});
afterAll(async () => {
  await client?.dispose();
  await stack?.close();
});
const openSession = async (): Promise<void> => {
  count += 1;
  session = `s${count}`;
  await client.open({
    argv: ["/bin/sh"],
    name: session,
    cwd: "/",
    env: { PS1: "remote$ ", ENV: "", NODE: process.execPath },
  });
};
beforeEach(openSession);
afterEach(async () => {
  for (const window of windows) window.close();
  windows = [];
  await client.close(session, { graceMs: 100 }).catch(() => undefined);
});

const openWindow = (size?: { cols: number; rows: number }): UserWindow => {
  const window = new UserWindow(stack.home, size);
  windows.push(window);
  return window;
};

const attached = async (args = "", size?: { cols: number; rows: number }): Promise<UserWindow> => {
  const window = openWindow(size);
  await window.untilShows("local$");
  window.cmdop(`attach ${session} ${args}`);
  await window.untilShows("remote$");
  return window;
};

/** The window is the shell's again: cooked, no mode left over, usable. */
const expectRestored = async (window: UserWindow): Promise<void> => {
  await window.until((screen) => screen.trimEnd().endsWith("local$"), "the local prompt");
  window.type("stty -a | tr ' ' '\\n' | grep -cE '^(icanon|echo|isig|opost);?$'\r");
  await window.until((screen) => /^4$/m.test(screen), "a cooked terminal");
  expect(window.modes).toMatchObject({
    screen: "normal",
    applicationCursorKeysMode: false,
    applicationKeypadMode: false,
    bracketedPasteMode: false,
    insertMode: false,
    mouseTrackingMode: "none",
    originMode: false,
    reverseWraparoundMode: false,
    sendFocusMode: false,
    wraparoundMode: true,
  });
  expect(window.raw).toContain(`${esc}[<32u`);
  expect(window.raw).toContain(`${esc}[>4m`);
  expect(window.raw.slice(window.raw.lastIndexOf(`${esc}[?25`))).toMatch(/^.\[\?25h/);
};

describe("cmdop attach in a real terminal", () => {
  it("says where it is, types, and detaches with the session running on", async () => {
    const window = await attached();
    expect(window.all).toContain(`attached testbench/${session} · you: operator · detach: Ctrl-] d`);
    window.type("echo $((40+2)) $(stty size)\r");
    await window.untilShows("42 24 90");
    window.type("\u001dd");
    await window.untilShows(`detached, still running. Type: cmdop attach ${session}`);
    await expectRestored(window);
    expect((await client.sessions.get(session)).state).toBe("live");
  });

  it.each([
    ["kitty, NumLock", `${esc}[93;133u`],
    ["modifyOtherKeys", `${esc}[27;5;93~`],
  ])("detaches under %s", async (_name, leader) => {
    const window = await attached();
    window.type(leader);
    window.type("d");
    await window.untilShows("detached, still running");
    await expectRestored(window);
  });

  it("passes ^C and ^Z to the program", async () => {
    const window = await attached();
    // Said by the program itself: what is typed stands there before the shell has begun it.
    window.type("sh -c 'echo on\"\"e; exec sleep 100'\r");
    await window.untilShows("\none");
    window.type("\u0003");
    await window.until((screen) => /\^C\s+remote\$/.test(screen), "the prompt behind ^C");
    window.type("echo rc $?\r");
    await window.untilShows("rc 130");
    window.type("sh -c 'echo tw\"\"o; exec sleep 200'\r");
    await window.untilShows("\ntwo");
    window.type("\u001a");
    // The session's shell has stopped its job; this window's shell has not stopped cmdop.
    await window.untilShows("Stopped");
    expect(window.screen).not.toContain("local$");
  });

  it("ends with the execution's exit code", async () => {
    const window = await attached();
    window.type("exit 7\r");
    await window.untilShows(`testbench/${session} ended with code 7`);
    window.type("echo code $?\r");
    await window.untilShows("code 7");
    await expectRestored(window);
  });

  it("restores whatever the program had set, by the detach and by signals", async () => {
    for (const how of ["detach", "SIGTERM", "SIGHUP", "SIGINT"] as const) {
      const window = await attached();
      const modes =
        "\\033[?1049h\\033[?1;6;1000;1002;1004;1006h\\033[>1u\\033[>4;2m\\033=\\033[4h\\033[5 q\\033[?25l\\033[2;9r";
      window.type(`printf '${modes}'; echo se''t\r`);
      await window.until(() => window.raw.includes("set"), "the modes");
      await waitFor(() => window.modes.screen === "alternate" && window.modes.mouseTrackingMode === "drag");
      if (how === "detach") window.type("\u001dd");
      else process.kill(cmdopPid(window), how);
      await expectRestored(window);
      // The next round begins with a plain screen.
      await client.close(session, { graceMs: 100 });
      await openSession();
    }
  });

  it("restores it when it crashes, and says that it did", async () => {
    const window = openWindow();
    await window.untilShows("local$");
    const fault = path.join(stack.home, "fault.mjs");
    writeFileSync(fault, 'process.on("SIGUSR2", () => { throw new Error("a fault"); });');
    window.type(`export NODE_OPTIONS=--import=${fault}; echo read''y\r`);
    await window.untilShows("ready");
    window.cmdop(`attach ${session}`);
    await window.untilShows("remote$");
    window.type("printf '\\033[?1049h\\033[?1002;1006h\\033[?25l'; echo se''t\r");
    await waitFor(() => window.modes.screen === "alternate" && window.modes.mouseTrackingMode === "drag");
    process.kill(cmdopPid(window), "SIGUSR2");
    await window.untilShows("cmdop: stopped by an error inside\n  a fault");
    await expectRestored(window);
  });

  it("queries are answered once, by the session host, and never by this terminal", async () => {
    const window = await attached();
    const program = [
      "process.stdin.setRawMode(true); let got = '';",
      "process.stdin.on('data', (d) => { got += d.toString('latin1');",
      "if (got.includes('q')) { console.log('GO' + 'T ' + JSON.stringify(got) + ' EN' + 'D'); process.exit(); } });",
      "process.stdout.write('\\x1b[c\\x1b[6n\\x1b]11;?\\x07\\x1b[?2026$p\\x1bP$qm\\x1b\\\\REA' + 'DY');",
    ].join(" ");
    window.type(`"$NODE" -e ${JSON.stringify(program).replaceAll("$", "\\$")}\r`);
    await window.untilShows("READY");
    window.type("q");
    await window.untilShows(" END");
    const got = /GOT (.*) END/s.exec(window.screen.replaceAll("\n", ""))?.[1] ?? "";
    expect(got.match(/\[\?[\d;]+c/g)).toHaveLength(1);
    expect(got.match(/\[\d+;\d+R/g)).toHaveLength(1);
    expect(got.match(/\$y/g)).toHaveLength(1);
    window.type("\u001dd");
    await expectRestored(window);
  });

  it("a paste arrives whole: nothing in it runs before Enter, nothing in it is a command of ours", async () => {
    const window = await attached();
    window.type("stty -echo; cat -v\r");
    await window.untilShows("cat -v");
    window.type(`${esc}[200~one\u001dd${esc}[31m\rtwo${esc}[201~\r`);
    await window.untilShows("two");
    // Control characters and ESC are taken out by the host; no bracket, since cat has not asked for it.
    expect(window.screen).toContain("oned[31m\ntwo");
    window.type("\u0004");
  });

  it("watches with --view: nothing is typed, the window's size does not count", async () => {
    const window = await attached();
    const watcher = await attached("--view", { cols: 70, rows: 20 });
    watcher.type("x");
    await watcher.untilShows("you only watch");
    window.type("echo see''n $(stty size)\r");
    await window.untilShows("seen 24 90");
    await watcher.untilShows("seen 24 90");
    // What lies beyond the window is not drawn into it, and the part with the cursor is shown.
    window.type("clear; printf '\\033[22;81Hfar away\\033[23;2Hdee''p\\033[24;1H'\r");
    await watcher.untilShows("deep");
    await watcher.until(
      (screen) => screen.split("\n").at(-1)?.includes("remote$") === true,
      "the prompt in the last line",
    );
    expect(watcher.screen).not.toContain("far");
    watcher.type("\u001dd");
    await expectRestored(watcher);
  });

  it("two windows of different sizes: each shows the session whole, and typing takes the size", async () => {
    const small = await attached("", { cols: 60, rows: 16 });
    const large = await attached("", { cols: 100, rows: 30 });
    large.type("echo larg''e $(stty size)\r");
    await large.untilShows("large 30 100");
    await small.untilShows("large 30 100");
    small.type("echo smal''l $(stty size)\r");
    await small.untilShows("small 16 60");
    await large.untilShows("small 16 60");
    // The rest of the larger window is dotted, and nothing of before is left in it.
    await large.until((screen) => screen.split("\n").at(-1) === "·".repeat(100), "dots below the session");
    expect(large.screen.split("\n")[0]).toMatch(/·{40}$/);
    large.type("clear; printf '\\033[31mre''d\\033[m 日本 e\u0301\\n'\r");
    await large.untilShows("red 日本 e\u0301");
    small.type("\u001dd");
    await small.untilShows("detached");
    await large.until((screen) => !screen.includes("····"), "the whole window");
    large.type("stty size\r");
    await large.untilShows("30 100");
    large.type("\u001dd");
    await expectRestored(large);
  });

  it("takes the keyboard and hands it back", async () => {
    const one = await attached();
    const two = await attached("--take");
    await one.untilShows("has the keyboard");
    one.type("x");
    await one.untilShows("not typed");
    two.type("\u001dr");
    await two.untilShows("handed back");
    one.type("echo bac''k\r");
    await two.untilShows("back");
  });

  it("a ticket on standard input opens the session to watch, with no token of its own", async () => {
    const window = openWindow();
    await window.untilShows("local$");
    const nowhere = `CMDOP_HOME=${stack.home}/nowhere`;
    window.type(
      `"$NODE" "$CMDOP" ticket ${session} --observer --json | ${nowhere} "$NODE" "$CMDOP" attach --ticket-stdin\r`,
    );
    await window.untilShows("remote$");
    expect(window.all).toContain("you: observer");
    window.type("x");
    await window.untilShows("you only watch");
    window.type("\u001dl");
    window.type("\u001dd");
    await expectRestored(window);
  });

  it("refuses the session that it is inside of", async () => {
    const window = await attached();
    window.type(
      `CMDOP_HOME=${stack.home} "$NODE" ${process.cwd()}/apps/cli/bin/cmdop.mjs attach ${session}; echo rc $?\r`,
    );
    await window.untilShows("This terminal is inside that very session");
    await window.untilShows("rc 1");
  });

  it("follows the window's size", async () => {
    const window = await attached();
    window.resize(100, 30);
    await window.until(() => {
      window.type("stty size\r");
      return window.screen.includes("30 100");
    }, "the new size");
  });

  it("help, hint and who are shown and go away without a trace", async () => {
    const window = await attached();
    window.type("echo ma''rk\r");
    await window.untilShows("mark");
    const before = window.screen;
    window.type("\u001d");
    await window.untilShows("d detach · t take · r hand back");
    window.type("?");
    await window.untilShows("any key closes this");
    window.type("x");
    await window.until((screen) => screen === before, "the screen as before");
    window.type("\u001dw");
    await window.untilShows("tester (you): operator, human 90×24");
    await window.until((screen) => screen === before, "the screen as before");
    expect(window.all).not.toContain("any key closes this");
  });

  it("comes back after the relay died: exact, says so, drops what was typed meanwhile", async () => {
    const window = await attached();
    window.type("echo befor''e\r");
    await window.untilShows("before");
    await stack.signal("relay", "SIGKILL");
    // At once, before anything says that it is away, and again when it does.
    window.type("echo lost-first\r");
    await window.untilShows("reconnecting, ");
    expect(window.screen).toContain("typing is not delivered");
    window.type("echo lost-input\r");
    // More than two seconds old when the way is back.
    await window.untilShows("reconnecting, 5 s");
    stack.spawn("relay");
    await window.untilShows("not delivered: 32 bytes typed while away", 30_000);
    await window.until(
      (screen) => screen.includes("before") && !screen.includes("not delivered"),
      "the screen again",
    );
    window.type("echo afte''r\r");
    await window.untilShows("after");
    expect(window.screen).not.toContain("lost-");
    // Each command ran once, whatever was sent again.
    expect(window.screen.match(/^(before|after)$/gm)).toEqual(["before", "after"]);
  });

  it("detaches while the relay is away", async () => {
    const window = await attached();
    await stack.signal("relay", "SIGKILL");
    try {
      await window.untilShows("reconnecting, ");
      window.type("\u001dd");
      await window.untilShows("detached, still running");
      await expectRestored(window);
    } finally {
      stack.spawn("relay");
      await stack.untilRelayReady();
      await stack.untilLinked();
    }
  });

  it("stops and continues as a job", async () => {
    const window = await attached();
    const pid = cmdopPid(window);
    process.kill(pid, "SIGTSTP");
    await window.until((screen) => screen.trimEnd().endsWith("local$"), "the local prompt");
    window.type("echo loca''l; fg\r");
    await window.untilShows("remote$");
    window.type("echo agai''n\r");
    await window.untilShows("again");
    window.type("\u001dd");
    await expectRestored(window);
  });
});

/** The process of cmdop in a window: the youngest child of its shell. */
const cmdopPid = ({ pid }: UserWindow): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").at(-1));
