import { waitFor } from "@cmdop/testkit";
import { spawn } from "@lydell/node-pty";
import headless, { type Terminal } from "@xterm/headless";
import { shim } from "./run-cmdop.ts";

/**
 * A person's terminal window: a shell in a pseudo terminal, drawn by an emulator that answers queries as a real
 * terminal does.
 */
export class UserWindow {
  readonly #terminal: Terminal;
  readonly #pty: ReturnType<typeof spawn>;
  #raw = "";

  constructor(home: string, options: { readonly cols?: number; readonly rows?: number } = {}) {
    const { cols = 90, rows = 24 } = options;
    this.#terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1_000 });
    this.#pty = spawn("/bin/sh", [], {
      name: "xterm-256color",
      cols,
      rows,
      env: {
        PATH: process.env.PATH ?? "",
        HOME: home,
        CMDOP_HOME: home,
        PS1: "local$ ",
        ENV: "",
        NODE: process.execPath,
        CMDOP: shim,
      },
    });
    this.#pty.onData((data) => {
      this.#raw += data;
      this.#terminal.write(data);
    });
    this.#terminal.onData((reply) => this.#pty.write(reply));
  }

  /** `cmdop` with arguments, typed at the shell. */
  cmdop(args: string): void {
    this.type(`"$NODE" "$CMDOP" ${args}\r`);
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** What the program has written to the terminal. */
  get raw(): string {
    return this.#raw;
  }

  get modes(): Terminal["modes"] & { readonly screen: string } {
    return { ...this.#terminal.modes, screen: this.#terminal.buffer.active.type };
  }

  get title(): string {
    return this.#raw.match(/\u001b\][02];([^\u0007\u001b]*)/g)?.at(-1) ?? "";
  }

  /** Lines on the screen, without empty ones at the end. */
  get screen(): string {
    const { active } = this.#terminal.buffer;
    return this.#lines(active.baseY, active.baseY + this.#terminal.rows);
  }

  /** The scrollback too. */
  get all(): string {
    return this.#lines(0, this.#terminal.buffer.active.length);
  }

  #lines(from: number, to: number): string {
    const { active } = this.#terminal.buffer;
    const lines: string[] = [];
    for (let y = from; y < to; y += 1) lines.push(active.getLine(y)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  }

  async until(condition: (screen: string) => boolean, what: string, timeoutMs = 15_000): Promise<void> {
    try {
      await waitFor(() => condition(this.screen), { timeoutMs, what, everyMs: 10 });
    } catch (cause) {
      throw new Error(`${what} did not come; the screen is:\n${this.screen}`, { cause });
    }
  }

  async untilShows(text: string, timeoutMs?: number): Promise<void> {
    await this.until((screen) => screen.includes(text), JSON.stringify(text), timeoutMs);
  }

  close(): void {
    this.#pty.kill("SIGKILL");
    this.#terminal.dispose();
  }
}
