import { afterEach, describe, expect, it } from "vitest";
import { Emulator } from "./emulator.ts";
import { lagBytesHigh, lagBytesLow } from "./lag.ts";
import { readScreenState } from "./screen-state.ts";
import { createScreens, type Screens, startScreenThread } from "./screens.ts";

const geometry = { cols: 40, rows: 10, scrollback: 100 };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

let screens: Screens | undefined;
const open = (): ReturnType<Screens["open"]> => {
  screens ??= createScreens();
  return screens.open("s", geometry);
};
afterEach(async () => {
  await screens?.close();
  screens = undefined;
});

describe("screens", () => {
  it("draws what was written and says at which offset", async () => {
    const screen = open();
    screen.write(100, encode("\x1b]0;a title\x07hello \x1b[31mwor"));
    screen.write(126, encode("ld"));
    const snapshot = await screen.snapshot();
    expect(snapshot).toMatchObject({
      offset: 128,
      cols: 40,
      rows: 10,
      unicodeVersion: "15-graphemes",
      title: "a title",
    });
    const expected = new Emulator(geometry);
    expected.write(encode("\x1b]0;a title\x07hello \x1b[31mworld"));
    const drawn = new Emulator(geometry);
    drawn.write(snapshot.data);
    expect(readScreenState(drawn)).toEqual(readScreenState(expected));
    expect(screen.lagBytes).toBe(0);
  });

  it("resizes in order with writes", async () => {
    const screen = open();
    screen.write(0, encode("a".repeat(40)));
    screen.resize(20, 5);
    screen.write(40, encode("b"));
    // A snapshot may be older than what was written; the modes are not.
    await screen.modes();
    const snapshot = await screen.snapshot();
    expect([snapshot.cols, snapshot.rows, snapshot.offset]).toEqual([20, 5, 41]);
  });

  it("hands a copy to the thread: what it is given is kept by others", async () => {
    const screen = open();
    const piece = Buffer.alloc(64 * 1024, "before\r\n");
    screen.write(0, piece);
    expect(Buffer.from((await screen.snapshot()).data).toString()).toContain("before");
    expect(piece).toEqual(Buffer.alloc(64 * 1024, "before\r\n"));
  });

  it("refuses output that does not follow what it has", () => {
    const screen = open();
    screen.write(0, encode("abc"));
    expect(() => screen.write(4, encode("d"))).toThrow("offset 4, expected 3");
  });

  it("answers queries in order, each once", async () => {
    const screen = open();
    const replies: string[] = [];
    screen.onReply((bytes) => replies.push(Buffer.from(bytes).toString()));
    screen.write(0, encode("ab\x1b[6n\x1b[c"));
    screen.write(9, encode("\x1b[5n"));
    await screen.modes();
    expect(replies).toEqual(["\x1b[1;3R", "\x1b[?1;2c", "\x1b[0n"]);
    await screen.snapshot();
    expect(replies).toHaveLength(3);
  });

  it("tells titles and modes", async () => {
    const screen = open();
    const titles: string[] = [];
    screen.onTitle((title) => titles.push(title));
    screen.write(0, encode("\x1b]2;one\x07\x1b[?2004;1;1003h\x1b[?1049h"));
    expect(await screen.modes()).toEqual({
      bracketedPaste: true,
      applicationCursorKeys: true,
      applicationKeypad: false,
      focusReports: false,
      mouse: "any",
      synchronizedOutput: false,
      alternateScreen: true,
    });
    expect(titles).toEqual(["one"]);
  });

  it("lags at most by what it was given, and says when it has caught up", async () => {
    const screen = open();
    const drained = new Promise<void>((resolve) => screen.onDrain(resolve));
    const line = encode(`${"\x1b[1mx\x1b[A\x1b[B".repeat(100)}\r\n`);
    let offset = 0;
    while (!screen.isLagging) {
      screen.write(offset, line);
      offset += line.length;
    }
    expect(screen.lagBytes).toBeGreaterThan(lagBytesHigh);
    await drained;
    expect(screen.lagBytes).toBeLessThan(lagBytesLow);
    expect((await screen.snapshot()).offset).toBeLessThanOrEqual(offset);
  });

  it("answers for an idle screen while another is flooded", async () => {
    const flooded = open();
    const idle = open();
    idle.write(0, encode("quiet"));
    await idle.modes();
    const line = encode(`${"\x1b[1mx\x1b[A\x1b[B".repeat(100)}\r\n`);
    for (let offset = 0; offset < 4 * 1024 * 1024; offset += line.length) flooded.write(offset, line);
    // Handed to the worker before the question.
    await new Promise((resolve) => setImmediate(resolve));
    const snapshot = await idle.snapshot();
    expect(snapshot.offset).toBe(5);
    // The flood is still being drawn: the answer did not wait for it.
    expect(flooded.lagBytes).toBeGreaterThan(0);
  });

  it("rejects what was asked when it is disposed", async () => {
    const screen = open();
    const asked = screen.snapshot();
    screen.dispose();
    await expect(asked).rejects.toThrow("closed");
    await expect(screen.modes()).rejects.toThrow("closed");
  });

  it("begins anew when its thread dies: what was asked is rejected, what is printed from then on is drawn", async () => {
    const threads: ReturnType<typeof startScreenThread>[] = [];
    const startThread = () => {
      const thread = startScreenThread();
      threads.push(thread);
      return thread;
    };
    screens = createScreens({ startThread });
    const screen = open();
    const replies: string[] = [];
    screen.onReply((bytes) => replies.push(Buffer.from(bytes).toString()));
    const lost = new Promise<void>((resolve) => screen.onFault(resolve));
    screen.write(50, encode("before"));
    await screen.modes();
    void threads[0]?.terminate();
    const asked = screen.snapshot();
    await expect(asked).rejects.toThrow("lost");
    await lost;
    expect(screen.lagBytes).toBe(0);
    screen.write(56, encode("after\x1b[6n"));
    const snapshot = await screen.snapshot();
    expect([threads.length, snapshot.offset]).toEqual([2, 65]);
    const text = Buffer.from(snapshot.data).toString();
    expect([text.includes("after"), text.includes("before")]).toEqual([true, false]);
    expect(replies).toEqual(["\x1b[1;6R"]);
  });
});
