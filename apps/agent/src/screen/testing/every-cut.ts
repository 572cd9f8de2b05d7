// Every byte cut of a recording, in one pass over it. No tail is replayed: a screen drawn from a snapshot that is
// equal to its original in all that later output can depend on stays so, whatever the tail.
//
// A viewer at a cut has got a snapshot and the output from its offset on. Where that is what it had got at the cut
// before and the byte between, the screen drawn then goes on with that byte; else another is drawn anew.

import type { CorpusEntry } from "../corpus.ts";
import { Emulator } from "../emulator.ts";
import { firstDifference, unknownFields } from "./complete-state.ts";
import { empty } from "./emptied.ts";

/** Whether the reset is complete, and the comparison: of each this many looked at one time. */
const drawnForEachLook = 32;

const look = (emptied: Emulator, blank: Emulator, original: Emulator): string | undefined => {
  const left = firstDifference(emptied, blank);
  if (left !== undefined) return `the reset has left something: ${left}`;
  const unknown = unknownFields(original);
  return unknown.length === 0 ? undefined : `xterm keeps what is not known: ${unknown.join(", ")}`;
};

export interface EveryCut {
  readonly cuts: number;
  /** The first that a cut's screen is not equal in, or what makes that uncertain. */
  readonly difference?: string;
}

export const checkEveryCut = (
  { cols, rows, bytes }: Omit<CorpusEntry, "name">,
  { scrollback }: { readonly scrollback: number },
): EveryCut => {
  const geometry = { cols, rows, scrollback };
  const [original, blank, drawn] = [new Emulator(geometry), new Emulator(geometry), new Emulator(geometry)];
  let drawnCount = 0;
  let before: Buffer | undefined;
  try {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const byte = bytes.subarray(Math.max(0, cut - 1), cut);
      original.write(byte);
      const snapshot = original.snapshot();
      const got = Buffer.concat([snapshot.data, bytes.subarray(snapshot.offset, cut)]);
      const isContinued =
        before !== undefined &&
        got.length === before.length + 1 &&
        got[before.length] === byte[0] &&
        before.compare(got, 0, before.length) === 0;
      before = got;
      if (isContinued) {
        drawn.write(byte);
        if (cut < bytes.length) continue;
      } else {
        empty(drawn);
        const doubt = drawnCount % drawnForEachLook === 0 ? look(drawn, blank, original) : undefined;
        if (doubt !== undefined) return { cuts: cut, difference: `at ${cut}: ${doubt}` };
        drawn.write(got);
        drawnCount++;
      }
      const difference = firstDifference(drawn, original);
      if (difference !== undefined) return { cuts: cut, difference: `at ${cut}: ${difference}` };
    }
    return { cuts: bytes.length + 1 };
  } finally {
    for (const emulator of [original, blank, drawn]) emulator.dispose();
  }
};
