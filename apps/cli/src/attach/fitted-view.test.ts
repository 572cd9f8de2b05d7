import { FakeClock } from "@cmdop/testkit";
import graphemes from "@xterm/addon-unicode-graphemes";
import headless, { type Terminal } from "@xterm/headless";
import { afterEach, describe, expect, it } from "vitest";
import { FittedView } from "./fitted-view.ts";

const esc = "\u001b";
const opened: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.dispose();
});

const openWindow = (cols: number, rows: number) => {
  const terminal: Terminal = new headless.Terminal({ cols, rows, allowProposedApi: true });
  terminal.loadAddon(new graphemes.UnicodeGraphemesAddon());
  opened.push(terminal);
  let raw = "";
  const write = (text: string): Promise<void> => {
    raw += text;
    return new Promise((resolve) => terminal.write(text, resolve));
  };
  return {
    cols,
    rows,
    terminal,
    raw: () => raw,
    draw: (pieces: readonly (Uint8Array | string)[]) =>
      write(pieces.map((piece) => Buffer.from(piece).toString()).join("")),
    /** After all that was drawn. */
    lines: async () => {
      await write("");
      const { active } = terminal.buffer;
      return Array.from(
        { length: rows },
        (_line, y) =>
          active
            .getLine(active.baseY + y)
            ?.translateToString(true)
            .trimEnd() ?? "",
      );
    },
  };
};

const show = async (window: ReturnType<typeof openWindow>, size: readonly [number, number], data: string) => {
  const clock = new FakeClock();
  const view = new FittedView(window, clock);
  opened.push(view);
  const [cols, rows] = size;
  const snapshot = {
    kind: "snapshot",
    offset: 0,
    cols,
    rows,
    title: "",
    unicodeVersion: "15-graphemes",
  } as const;
  await view.snapshot({ ...snapshot, data: Buffer.from(data) });
  clock.advance(16);
  return { view, clock };
};

describe("a session of another size than the window", () => {
  it("smaller: whole, with dots beyond it, the cursor in its place", async () => {
    const window = openWindow(12, 4);
    await show(window, [8, 2], "ab\r\ncd");
    expect(await window.lines()).toEqual(["ab      ····", "cd      ····", "············", "············"]);
    expect([window.terminal.buffer.active.cursorX, window.terminal.buffer.active.cursorY]).toEqual([2, 1]);
  });

  it("scrolls where the session scrolls, not where the window does", async () => {
    const window = openWindow(6, 4);
    const { view, clock } = await show(window, [6, 2], "");
    await view.output(Buffer.from("1\r\n2\r\n3"));
    clock.advance(16);
    expect((await window.lines()).slice(0, 2)).toEqual(["2", "3"]);
  });

  it("larger: the part with the cursor", async () => {
    const window = openWindow(4, 2);
    await show(window, [8, 4], "11111111\r\n22222222\r\n33333333\r\n444444");
    expect(await window.lines()).toEqual(["3333", "444"]);
  });

  it("wide characters and colours come through, and one cut by the edge is a blank", async () => {
    const window = openWindow(5, 1);
    await show(window, [8, 1], `${esc}[31;1mr${esc}[0m日本語${esc}[1G`);
    expect(await window.lines()).toEqual(["r日本"]);
    const cell = window.terminal.buffer.active.getLine(0)?.getCell(0);
    expect([cell?.getFgColor(), cell?.isBold() !== 0]).toEqual([1, true]);
    const narrow = openWindow(4, 1);
    await show(narrow, [8, 1], `r日本語${esc}[1G`);
    expect(await narrow.lines()).toEqual(["r日"]);
  });

  it("tells the window what decides its keys, and not what is drawn here", async () => {
    const window = openWindow(12, 4);
    await show(window, [8, 2], `${esc}[?1;1049;1000;1006;2026h${esc}[>1u${esc}]0;t\u0007${esc}[2;2r${esc}[c`);
    expect(window.terminal.modes).toMatchObject({
      applicationCursorKeysMode: true,
      mouseTrackingMode: "vt200",
    });
    expect(window.terminal.buffer.active.type).toBe("normal");
    for (const sequence of [`${esc}[?1;1000;1006h`, `${esc}[>1u`, `${esc}]0;t${esc}\\`])
      expect(window.raw()).toContain(sequence);
    for (const sequence of [`${esc}[2;2r`, `${esc}[c`, "1049h"]) expect(window.raw()).not.toContain(sequence);
  });

  it("rows that did not change are not drawn again", async () => {
    const window = openWindow(12, 4);
    const { view, clock } = await show(window, [8, 3], "one\r\ntwo\r\n");
    const before = window.raw().length;
    await view.output(Buffer.from("three"));
    clock.advance(16);
    const frame = window.raw().slice(before);
    expect(frame).toContain("three");
    expect(frame).not.toMatch(/one|two/);
  });

  it("covers rows and uncovers them by itself", async () => {
    const window = openWindow(12, 4);
    const { view } = await show(window, [8, 3], "one\r\ntwo");
    view.cover(["note"]);
    expect((await window.lines())[0]).toBe("note");
    expect(view.uncover()).toBe(true);
    expect((await window.lines())[0]).toBe("one     ····");
  });
});
