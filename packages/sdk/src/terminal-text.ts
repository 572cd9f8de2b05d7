/** A streaming UTF-8 decoder: a character cut by a chunk's end waits for the next one. */
export interface TextStream {
  push(bytes: Uint8Array): string;
  /** What is left; an incomplete character becomes U+FFFD. */
  end(): string;
}

export declare const createTextStream: () => TextStream;

/** A streaming filter: a terminal sequence cut by a chunk's end is still removed. */
export interface SequenceStripper {
  push(text: string): string;
}

export declare const createSequenceStripper: () => SequenceStripper;

/** Text without terminal sequences (CSI, OSC, DCS, …) and without C0/C1 controls other than tab, CR and LF. */
export declare const stripTerminalSequences: (text: string) => string;
