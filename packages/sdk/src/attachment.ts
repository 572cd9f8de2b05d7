import type { Failure } from "@cmdop/base";
import type { AttachmentEvent, Lease, Participant } from "./attachment-events.ts";
import type { OutputItem } from "./attachment-items.ts";
import type { Actor, Exit, Role, RouteState, SessionInfo } from "./session.ts";

/** How output is delivered. */
export interface AttachOptions {
  /**
   * `terminal` (default): behind by more than its credit, it gets gap, snapshot, live. `lossless`: every byte
   * that the machine's log still holds, in order; for programs that collect output.
   */
  readonly mode?: "terminal" | "lossless";
  /** First byte wanted. Default: a snapshot of now (terminal mode on a terminal), else 0. */
  readonly from?: number;
  /** A lower role than the token's: `observer` only watches. */
  readonly role?: Role;
  /** What this attachment can show. Without it, it never counts for the session's size. */
  readonly viewport?: Viewport;
  /** Bytes on the way that are not yet consumed; the relay bounds it. Default 512 KiB. */
  readonly creditBytes?: number;
  /** Input older than this when an outage is over is dropped whole. Default 2,000 ms. */
  readonly inputMaxAgeMs?: number;
  /** How long the first attach is tried while the relay is away; after it, the failure. Default 10,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Told from the first event on. */
  readonly onEvent?: (event: AttachmentEvent) => void;
  /** Aborting it detaches: it never ends the execution. */
  readonly signal?: AbortSignal;
}

export interface Viewport {
  readonly cols: number;
  readonly rows: number;
  /** Not on screen now: does not count for the session's size. */
  readonly isHidden?: boolean;
}

export interface WriteOptions {
  /**
   * One paste (at most 1 MiB): the machine strips control sequences, brackets it by the mode that the program has
   * set, and writes it whole.
   */
  readonly paste?: boolean;
  /** Overrides `inputMaxAgeMs`; Infinity: sent again however long an outage lasts. */
  readonly maxAgeMs?: number;
  /** Stops waiting. What was sent already may still be applied. */
  readonly signal?: AbortSignal;
}

/**
 * One party's presence on one session. It comes back by itself after any loss of the connection, continues at
 * the exact byte, and says what it could not bring back. Detaching, leaving a loop and disposal never end the
 * execution.
 */
export interface Attachment extends AsyncDisposable {
  /** Facts of the session as of the last attach. */
  readonly session: SessionInfo;
  /** Changes with every reconnect. */
  readonly id: string;
  readonly operator: string;
  readonly role: Role;
  readonly actor: Actor;
  /** The relay it is attached to now ("host:port"). */
  readonly relay: string;
  readonly lease: Lease;
  readonly participants: readonly Participant[];
  readonly route: RouteState;
  /** Whether the connection to the relay stands now. */
  readonly isConnected: boolean;
  /** Everything before this offset was received, or declared as a gap; undefined before the first item. */
  readonly receivedOffset: number | undefined;
  /** Everything before this offset was consumed and acknowledged. */
  readonly consumedOffset: number | undefined;

  /**
   * The output, until the execution has ended (the last item has kind "exit") or the attachment is detached.
   * Taking the next item says that the one before was consumed; a reader that takes none holds the relay back, not
   * the program. One consumer: `output`, `read` or `onFrame`. Leaving the loop detaches. Throws the Failure
   * that ended the attachment.
   */
  output(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<OutputItem>;
  /** Like the iterator's next item, without its detaching; undefined after the last item. */
  read(options?: { readonly signal?: AbortSignal }): Promise<OutputItem | undefined>;
  /**
   * The fast path: called with every item as it arrives, in order and synchronously, beginning with those that
   * arrived before. Nothing is acknowledged by itself: call `ack` with the offset that was drawn. Returns its end.
   */
  onFrame(listener: (item: OutputItem) => void): () => void;
  /** The output before `offset` was consumed. Only with `onFrame`. */
  ack(offset: number): void;
  /** Returns its end. */
  onEvent(listener: (event: AttachmentEvent) => void): () => void;

  /**
   * Writes input; text is sent as UTF-8. Resolves when the machine has applied all of it, exactly once; waits while
   * the connection is away. Rejects with a Failure when it was not applied: `lease_held`, `permission_denied`
   * (an observer), `input_closed`, `input_dropped` (too old after an outage), `session_ended`, `invalid_argument`.
   */
  write(data: Uint8Array | string, options?: WriteOptions): Promise<void>;
  /**
   * For keystrokes: queues it and returns at once; refusals come as events. False: nothing was queued, because the
   * bounded queue is full or the attachment is closed.
   */
  writeNow(data: Uint8Array | string, options?: { readonly paste?: boolean }): boolean;
  /** Closes a command's standard input after what was written. Same failures as `write`. */
  endInput(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Declares what this attachment can show; the session's resize policy decides. */
  resize(viewport: Viewport): void;
  /** Sends a signal ("SIGINT", …) to the execution. Lost when the connection is away. */
  signal(name: string): void;
  /** Takes the write lease from whoever holds it. Fails with `permission_denied` or `timed_out` (10 s). */
  takeLease(options?: { readonly signal?: AbortSignal }): Promise<Lease>;
  /** Gives the write lease back. */
  handBack(options?: { readonly signal?: AbortSignal }): Promise<Lease>;

  /** Resolves when the execution has ended; rejects when the attachment is detached or fails before that. */
  readonly exited: Promise<Exit>;
  /** Resolves when the attachment is over, with the failure that ended it if one did. Never rejects. */
  readonly closed: Promise<Failure | undefined>;
  /** Leaves the session; the execution goes on. Safe to call again. */
  detach(): Promise<void>;
}
