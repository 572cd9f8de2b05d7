import { createTextStream } from "@cmdop/sdk";

/** Lines of an asciicast v3 (https://docs.asciinema.org/manual/asciicast/v3/): times are intervals, in seconds. */
export class AsciicastWriter {
  readonly #text = createTextStream();
  readonly #startMs: number;
  #lastMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#lastMs = startMs;
  }

  header({
    cols,
    rows,
    title,
  }: {
    readonly cols: number;
    readonly rows: number;
    readonly title: string;
  }): string {
    const header = {
      version: 3,
      term: { cols: cols || 80, rows: rows || 24, type: "xterm-256color" },
      timestamp: Math.floor(this.#startMs / 1000),
      ...(title === "" ? {} : { title }),
    };
    return `${JSON.stringify(header)}\n`;
  }

  /** "" while a character is incomplete. */
  output(bytes: Uint8Array, atMs: number): string {
    const text = this.#text.push(bytes);
    return text === "" ? "" : this.#event("o", text, atMs);
  }

  resize(cols: number, rows: number, atMs: number): string {
    return this.#event("r", `${cols}x${rows}`, atMs);
  }

  exit(code: number, atMs: number): string {
    return this.#event("x", String(code), atMs);
  }

  #event(code: "o" | "r" | "x", data: string, atMs: number): string {
    const seconds = Math.max(0, atMs - this.#lastMs) / 1000;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    return `${JSON.stringify([Number(seconds.toFixed(6)), code, data])}\n`;
  }
}
