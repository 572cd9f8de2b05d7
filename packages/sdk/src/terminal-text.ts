/** A streaming UTF-8 decoder: a character cut by a chunk's end waits for the next one. */
export interface TextStream {
  push(bytes: Uint8Array): string;
  /** What is left; an incomplete character becomes U+FFFD. */
  end(): string;
}

export const createTextStream = (): TextStream => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (bytes) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  };
};

/** A streaming filter: a terminal sequence cut by a chunk's end is still removed. */
export interface SequenceStripper {
  push(text: string): string;
}

/**
 * Where ECMA-48 and the xterm control sequences (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html) leave us:
 * in text, after ESC, inside CSI, inside a string (OSC, DCS, SOS, PM, APC), or after ESC inside a string.
 */
type State = "text" | "escape" | "intermediate" | "csi" | "string" | "stringEscape";

const esc = 0x1b;
const bel = 0x07;

/** The state after a C1 control, or after ESC and its 7-bit form. */
const afterControl = (code: number): State =>
  code === 0x9b
    ? "csi"
    : code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)
      ? "string"
      : "text";

const afterEscape = (code: number): State => {
  if (code === esc) return "escape";
  if (code >= 0x20 && code <= 0x2f) return "intermediate";
  if (code >= 0x40 && code <= 0x5f) return afterControl(code + 0x40);
  return "text";
};

/** CAN and SUB cancel a sequence; ESC begins another one. */
const isCancel = (code: number): boolean => code === 0x18 || code === 0x1a;

const isKept = (code: number): boolean =>
  code >= 0x20 ? code < 0x7f || code > 0x9f : code === 0x09 || code === 0x0a || code === 0x0d;

/** The next state; text is kept only from "text" to "text". */
const step = (state: State, code: number): State => {
  if (isCancel(code)) return "text";
  switch (state) {
    case "text":
      return code === esc ? "escape" : code >= 0x80 && code <= 0x9f ? afterControl(code) : "text";
    case "escape":
      return afterEscape(code);
    case "intermediate":
      return code === esc ? "escape" : code >= 0x20 && code <= 0x2f ? "intermediate" : "text";
    case "csi":
      return code === esc ? "escape" : code >= 0x40 && code <= 0x7e ? "text" : code >= 0xa0 ? "text" : "csi";
    case "string":
      return code === esc ? "stringEscape" : code === bel || code === 0x9c ? "text" : "string";
    case "stringEscape":
      return code === 0x5c ? "text" : afterEscape(code);
  }
};

/** A piece of kept text: [from, to) of what was pushed. */
export interface KeptRun {
  readonly from: number;
  readonly to: number;
}

/** The filter's core: which pieces of each pushed text are text. */
export class SequenceFilter {
  #state: State = "text";

  runs(text: string): KeptRun[] {
    const runs: KeptRun[] = [];
    let from = -1;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      const before = this.#state;
      // The usual case first: printable text.
      if (before !== "text" || code < 0x20 || (code >= 0x7f && code <= 0x9f))
        this.#state = step(before, code);
      const keeps = before === "text" && this.#state === "text" && isKept(code);
      if (keeps && from < 0) from = at;
      else if (!keeps && from >= 0) {
        runs.push({ from, to: at });
        from = -1;
      }
    }
    if (from >= 0) runs.push({ from, to: text.length });
    return runs;
  }
}

export const createSequenceStripper = (): SequenceStripper => {
  const filter = new SequenceFilter();
  return {
    push: (text) => {
      const runs = filter.runs(text);
      const [first] = runs;
      if (runs.length === 1 && first?.from === 0 && first.to === text.length) return text;
      return runs.map((run) => text.slice(run.from, run.to)).join("");
    },
  };
};

/** Text without terminal sequences (CSI, OSC, DCS, …) and without C0/C1 controls other than tab, CR and LF. */
export const stripTerminalSequences = (text: string): string => createSequenceStripper().push(text);
