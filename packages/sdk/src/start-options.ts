import type { ResizePolicy, SessionKind } from "./session.ts";

/** What to start. */
export interface StartOptions {
  /** Id, hostname, name or unique prefix. Default: the one machine that the token may see. */
  readonly machine?: string;
  /** The program and its arguments; no shell reads them. Default: the login shell. */
  readonly argv?: readonly string[];
  /** A line for the machine's `/bin/sh -c`. Not together with `argv`. */
  readonly shell?: string;
  /** `terminal` (default) has a PTY; `command` has pipes, with stdout and stderr apart. */
  readonly kind?: SessionKind;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default 80 x 24. */
  readonly cols?: number;
  readonly rows?: number;
  readonly name?: string;
  readonly resizePolicy?: ResizePolicy;
  /** The execution is ended after this time. Default: never. */
  readonly timeoutMs?: number;
  /** A terminal that nobody is attached to is ended after this time without output or input. */
  readonly idleMs?: number;
  /** A command's standard input stays open for `write`. Default false: it is empty. */
  readonly stdin?: boolean;
  /** The program waits while its output is not read (commands only), so that no byte can expire. */
  readonly waitForReader?: boolean;
  /** Repeating the same key within ten minutes gives the same session. Made up for each call by default. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}
