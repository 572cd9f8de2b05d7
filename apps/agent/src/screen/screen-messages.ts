// What the I/O thread and a screen worker say to each other. Both are of one build: no versions.

import type { ScreenModes, ScreenSnapshot } from "./emulator.ts";

export type ToWorker =
  | {
      readonly kind: "open";
      readonly screen: number;
      readonly cols: number;
      readonly rows: number;
      readonly scrollback: number;
    }
  | { readonly kind: "write"; readonly screen: number; readonly bytes: Uint8Array }
  | { readonly kind: "resize"; readonly screen: number; readonly cols: number; readonly rows: number }
  | { readonly kind: "modes"; readonly screen: number; readonly request: number }
  | {
      readonly kind: "snapshot";
      readonly screen: number;
      readonly request: number;
      readonly scrollbackLines: number | undefined;
    }
  | { readonly kind: "dispose"; readonly screen: number };

export type FromWorker =
  | { readonly kind: "drawn"; readonly screen: number; readonly bytes: number }
  | { readonly kind: "reply"; readonly screen: number; readonly text: string }
  | { readonly kind: "title"; readonly screen: number; readonly title: string }
  | { readonly kind: "fault"; readonly screen: number }
  | { readonly kind: "modes"; readonly screen: number; readonly request: number; readonly modes: ScreenModes }
  | {
      readonly kind: "snapshot";
      readonly screen: number;
      readonly request: number;
      /** Counted from the first byte that this worker got. */
      readonly snapshot: ScreenSnapshot;
    };
