import type { OutputItem } from "@cmdop/sdk";
import graphemes from "@xterm/addon-unicode-graphemes";
import headless, { type Terminal } from "@xterm/headless";
import { expect } from "vitest";

const createTerminal = (cols: number, rows: number): Terminal => {
  const terminal = new headless.Terminal({ cols, rows, scrollback: 1_000, allowProposedApi: true });
  terminal.loadAddon(new graphemes.UnicodeGraphemesAddon() as never);
  return terminal;
};

const write = (terminal: Terminal, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => terminal.write(bytes, resolve));

/** What an operator's terminal shows. */
export interface OperatorScreen {
  draw(item: OutputItem): Promise<void>;
  readonly terminal: Terminal;
}

export const openOperatorScreen = (): OperatorScreen => {
  let terminal = createTerminal(100, 30);
  return {
    get terminal() {
      return terminal;
    },
    draw: async (item) => {
      if (item.kind === "output") await write(terminal, item.bytes);
      if (item.kind === "resize") terminal.resize(item.cols, item.rows);
      if (item.kind === "snapshot") {
        terminal.dispose();
        terminal = createTerminal(item.cols, item.rows);
        await write(terminal, item.data);
      }
    },
  };
};

const visibleText = (terminal: Terminal): string[] => {
  const buffer = terminal.buffer.active;
  return Array.from(
    { length: terminal.rows },
    (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? "",
  );
};

/** The operator's screen is the screen that the whole output draws. */
export const expectEqualScreens = async (
  screen: OperatorScreen,
  truth: Uint8Array,
  size: { readonly cols: number; readonly rows: number },
): Promise<void> => {
  const reference = createTerminal(size.cols, size.rows);
  await write(reference, truth);
  expect(visibleText(screen.terminal)).toEqual(visibleText(reference));
  expect([screen.terminal.buffer.active.cursorX, screen.terminal.buffer.active.cursorY]).toEqual([
    reference.buffer.active.cursorX,
    reference.buffer.active.cursorY,
  ]);
};
