import type { Exit } from "./session.ts";

/** Which stream of the execution a chunk came from. A terminal has one; a command's two share one offset space. */
export type OutputChannel = "pty" | "stdout" | "stderr";

/**
 * - `slow`: this reader was too slow; a snapshot follows. `expired`: the bounded log has moved on.
 * - `lost`: never stored (disk full) or not survived. `skipped`: the reader began with a snapshot.
 */
export type GapReason = "slow" | "expired" | "lost" | "skipped" | "unknown";

/** The bytes [offset, offset + bytes.length) of the session's output. */
export interface OutputChunk {
  readonly kind: "output";
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly channel: OutputChannel;
}

/** The output [from, to) will not come. */
export interface OutputGap {
  readonly kind: "gap";
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}

/**
 * The screen at `offset`: drawing `data` on an empty terminal of this size gives the screen, modes and cursor
 * that the output [0, offset) gave. Output goes on from `offset`. `data` begins on a reset terminal: reset yours
 * first.
 */
export interface Snapshot {
  readonly kind: "snapshot";
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly data: Uint8Array;
  readonly title: string;
  /** The width tables that the screen was made with ("15-graphemes", …). */
  readonly unicodeVersion: string;
}

/** The terminal's size from `offset` on. */
export interface Resized {
  readonly kind: "resize";
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  /** Who caused it. */
  readonly operator: string;
}

/** The last item: the execution has ended and all of its output was delivered or declared as a gap. */
export interface Ended {
  readonly kind: "exit";
  readonly exit: Exit;
}

/**
 * What an attachment receives, in the order of the session. Chunks, gaps and snapshots are contiguous: each begins
 * where the one before ended, so that no byte is lost or doubled unsaid.
 */
export type OutputItem = OutputChunk | OutputGap | Snapshot | Resized | Ended;
