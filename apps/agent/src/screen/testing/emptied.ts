// Emulators used again: to make one takes longer than most of what a test does with it.

import { Emulator, type EmulatorGeometry } from "../emulator.ts";
import { firstDifference } from "./complete-state.ts";

/** A hard reset, and what that leaves as it is: the cursor hidden or blinking, line feed mode, titles. */
const resetSequence = Buffer.from("\x18\x1bc\x1b[?25h\x1b[?12l\x1b[20l\x1b]0;\x1b\\");
const popTitles = Buffer.from("\x1b[23;0t");

/** Brings an emulator to what a new one of its geometry is, but for the offset, which goes on. */
export const empty = (emulator: Emulator): void => {
  const { _windowTitleStack: titles, _iconNameStack: names } = emulator.core.core._inputHandler;
  while (titles.length + names.length > 0) emulator.write(popTitles);
  emulator.write(resetSequence);
};

/** Lends emulators of one geometry. What comes back is lent again if it can be made equal to a new one in all. */
export class Emptied {
  readonly #geometry: EmulatorGeometry;
  readonly #blank: Emulator;
  readonly #free: Emulator[] = [];

  constructor(geometry: EmulatorGeometry) {
    this.#geometry = geometry;
    this.#blank = new Emulator(geometry);
  }

  use<T>(use: (emulator: Emulator) => T): T {
    const emulator = this.#free.pop() ?? new Emulator(this.#geometry);
    const result = use(emulator);
    empty(emulator);
    if (firstDifference(emulator, this.#blank) === undefined) this.#free.push(emulator);
    else emulator.dispose();
    return result;
  }

  dispose(): void {
    for (const emulator of [...this.#free, this.#blank]) emulator.dispose();
  }
}
