import type { Attachment } from "./attachment.ts";
import type { Exit } from "./session.ts";

/** What to wait for: the first that happens ends the wait. Give at least one of pattern, idleMs and exit. */
export interface WaitOptions {
  /** Text or expression(s) to find in the output, also across chunks. */
  readonly pattern?: string | RegExp | readonly (string | RegExp)[];
  /** No output for this long. */
  readonly idleMs?: number;
  /** The execution's end. The wait ends then in any case; without `exit` as "ended". */
  readonly exit?: boolean;
  readonly timeoutMs?: number;
  /** Search in the text without terminal sequences (default), or in the raw text. */
  readonly in?: "plain" | "raw";
  /** How far back a match may begin, in characters. Default 65,536. */
  readonly windowChars?: number;
  readonly signal?: AbortSignal;
}

/** Why the wait ended. `offset` is where the next wait or read goes on. */
export type WaitResult =
  | {
      readonly reason: "pattern";
      /** Index in `pattern` when it is a list, else 0. */
      readonly index: number;
      readonly text: string;
      readonly groups: Readonly<Record<string, string>>;
      readonly offset: number;
    }
  | { readonly reason: "idle" | "timeout"; readonly offset: number }
  | { readonly reason: "exit" | "ended"; readonly exit: Exit; readonly offset: number };

/**
 * Reads the attachment's output until something happens. What follows a match stays for the next reader. Rejects
 * with the Failure that ended the attachment, or the reason of an aborted signal; neither detaches.
 */
export declare const waitFor: (attachment: Attachment, options: WaitOptions) => Promise<WaitResult>;
