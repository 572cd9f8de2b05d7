// xterm does what a sequence asks as often as its number says, up to 2^31 times: CSI 2147483647 L turns one
// line of output into minutes without answers. Each count is cut here to where more of it changes nothing, and
// the one sequence that makes xterm 6 throw is given in its equal form.

import type { IDisposable } from "@xterm/headless";
import type { CoreParams, CoreTerminal } from "./xterm-internals.ts";

/** Longer titles are not kept: they would be sent with every snapshot. */
const titleCharsMax = 4_096;

export const guardTerminal = ({ terminal, core }: CoreTerminal): IDisposable[] => {
  const input = core._inputHandler;
  const screen = core._bufferService;
  const cut = (final: string, max: () => number): IDisposable =>
    input.registerCsiHandler({ final }, ({ params }: CoreParams) => {
      if ((params[0] ?? 0) > max()) params[0] = max();
      return false;
    });
  // CSI 1 J with the cursor at the last column of the last row looks at the row after it, which is not there.
  const mendErase = ({ params }: CoreParams): boolean => {
    const { x, y, lines } = screen.buffers.active;
    if (params[0] === 1 && x + 1 >= screen.cols && y + 1 >= lines.length) params[0] = 2;
    return false;
  };
  const limitTitle = (data: string): boolean => data.length > titleCharsMax;
  return [
    ...["L", "M", "S", "T"].map((final) => cut(final, () => screen.rows)),
    ...["I", "Z"].map((final) => cut(final, () => screen.cols)),
    // Repeating prints: bounded as in xterm, by one screen.
    cut("b", () => screen.rows * screen.cols),
    input.registerCsiHandler({ final: "J" }, mendErase),
    input.registerCsiHandler({ prefix: "?", final: "J" } as { final: string }, mendErase),
    ...[0, 1, 2].map((command) => terminal.parser.registerOscHandler(command, limitTitle)),
  ];
};
