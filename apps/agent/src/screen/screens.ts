// The screens of all sessions of this host, drawn by headless emulators in worker threads so that a flood never
// holds up the I/O thread. What goes in is the PTY's output with offsets; what comes out are snapshots, answers
// to terminal queries, titles and the modes that paste and signals depend on.

/** Modes of the drawn screen at the time that every write before the call had been drawn. */
export interface ScreenModes {
  readonly bracketedPaste: boolean;
  readonly applicationCursorKeys: boolean;
  readonly applicationKeypad: boolean;
  readonly focusReports: boolean;
  readonly mouse: "none" | "x10" | "vt200" | "drag" | "any";
  readonly synchronizedOutput: boolean;
  readonly alternateScreen: boolean;
}

export interface ScreenSnapshot {
  /** End of the output that the screen shows: live output continues here. */
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  /** Name of the width tables, for a drawing terminal to use the same. */
  readonly unicodeVersion: string;
  /** Drawn on an empty terminal of cols × rows it gives the same screen. */
  readonly data: Uint8Array;
  readonly title: string;
}

export interface ScreenGeometry {
  readonly cols: number;
  readonly rows: number;
  /** Lines kept above the screen; default 2,000. */
  readonly scrollback?: number;
}

export interface Screen {
  /** `bytes` stand at `offset` of the output; copied before it returns. Offsets must be contiguous. */
  write(offset: number, bytes: Uint8Array): void;
  /** In order with writes. */
  resize(cols: number, rows: number): void;
  /** Bytes written and not yet drawn. */
  readonly lagBytes: number;
  /** Whether the writer should stop reading its source until `onDrain` (lag rose over the high mark). */
  readonly isLagging: boolean;
  /** Lag fell below the low mark after it had been over the high one. */
  onDrain(callback: () => void): void;
  /** Answers to terminal queries, in order, each exactly once: to be written to the PTY. */
  onReply(callback: (bytes: Uint8Array) => void): void;
  onTitle(callback: (title: string) => void): void;
  /** After all that was written before the call. Rejects when disposed. */
  modes(): Promise<ScreenModes>;
  /** At some offset between what was drawn at the call and what was written before it. Rejects when disposed. */
  snapshot(): Promise<ScreenSnapshot>;
  dispose(): void;
}

export interface Screens {
  open(id: string, geometry: ScreenGeometry): Screen;
  /** Ends the workers; open screens are disposed. */
  close(): Promise<void>;
}

export const createScreens = (_options: { readonly workers?: number } = {}): Screens => {
  throw new Error("screens: not implemented yet");
};
