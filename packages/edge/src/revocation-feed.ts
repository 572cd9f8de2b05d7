import { Backoff, type Clock, type Random } from "@cmdop/base";
import { internalLimits, type RevocationRow } from "./contract.ts";
import type { ControlClient } from "./control-client.ts";
import { type FeedLine, isRevocation } from "./feed-lines.ts";

// Follows the control plane's revocations: dials, replays from its cursor, watches the heartbeat, dials again.
//
// R1 Every revocation after the cursor is told once and in order, or the gap is told before anything behind it.
// R2 The feed is silent when no line came for `silentAfterMs`, whatever the connection says.

export interface FeedEvents {
  /** New revocations, in order; called once for what came in one piece. */
  revoked(rows: readonly RevocationRow[]): void;
  /**
   * What was told may be incomplete. `gap`: revocations up to `upTo` were missed; they are asked for again.
   * `lost`: they cannot be had any more. `rewound`: the control plane counts from elsewhere.
   */
  broken(how: FeedBreak, upTo: number): void;
  /** Everything up to the control plane's head is known. */
  caughtUp(): void;
  silent(isSilent: boolean): void;
  /** A stream could not be opened or ended; for the log. */
  disconnected(cause: unknown): void;
}

export type FeedBreak = "gap" | "lost" | "rewound";

export interface RevocationFeed {
  readonly isSilent: boolean;
  /** The newest revocation that was told; undefined: none yet. */
  readonly cursor: number | undefined;
  /** Since the last line; undefined: none yet. */
  readonly quietMs: number | undefined;
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly client: Pick<ControlClient, "revocations">;
  readonly clock: Clock;
  readonly random: Random;
  readonly cursor: number | undefined;
  readonly events: FeedEvents;
}

const redial = { firstMs: 50, maxMs: 2_000 };
const watchMs = 250;

export const openRevocationFeed = (options: FeedOptions): RevocationFeed => {
  const follower = new FeedFollower(options);
  follower.start();
  return follower;
};

class FeedFollower implements RevocationFeed {
  readonly #options: FeedOptions;
  readonly #backoff: Backoff;
  #cursor: number | undefined;
  #lineAtMs: number | undefined;
  #wasSilent = true;
  #isClosed = false;
  #stream = new AbortController();
  /** Where a gap was seen: seen there again, what lies in it cannot be had. */
  #gapAt: number | undefined;
  #cancelWatch: () => void = () => undefined;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
    this.#backoff = new Backoff(redial, options.random);
  }

  get cursor(): number | undefined {
    return this.#cursor;
  }

  get quietMs(): number | undefined {
    return this.#lineAtMs === undefined ? undefined : this.#options.clock.nowMs() - this.#lineAtMs;
  }

  get isSilent(): boolean {
    return (this.quietMs ?? Number.POSITIVE_INFINITY) > internalLimits.silentAfterMs;
  }

  start(): void {
    this.#running = this.#run();
    this.#watch();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWatch();
    this.#stream.abort();
    this.#wake();
    await this.#running;
  }

  #watch(): void {
    this.#tellSilence();
    this.#cancelWatch = this.#options.clock.after(watchMs, () => this.#watch());
  }

  #tellSilence(): void {
    if (this.isSilent === this.#wasSilent) return;
    this.#wasSilent = this.isSilent;
    this.#options.events.silent(this.#wasSilent);
    // A half-open connection says nothing for ever; another may speak.
    if (this.#wasSilent) this.#stream.abort();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#stream = new AbortController();
      // A stream that says nothing from the start is given up as well; without timers of its own kind.
      const cancelDeadline = this.#options.clock.after(internalLimits.silentAfterMs, () => {
        if (this.isSilent) this.#stream.abort();
      });
      try {
        await this.#follow(this.#stream.signal);
      } catch (cause) {
        if (!this.#isClosed) this.#options.events.disconnected(cause);
      } finally {
        cancelDeadline();
        this.#stream.abort();
      }
      if (!this.#isClosed) await this.#pause(this.#backoff.nextMs());
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const opened = await this.#options.client.revocations(this.#cursor, signal);
    if (opened.kind === "compacted") {
      this.#cursor = opened.oldest;
      this.#gapAt = undefined;
      this.#options.events.broken("lost", opened.oldest);
      return;
    }
    for await (const lines of opened.lines) {
      if (signal.aborted) return;
      this.#lineAtMs = this.#options.clock.nowMs();
      this.#backoff.reset();
      if (!this.#take(lines)) return;
      this.#tellSilence();
    }
    throw new Error("the stream ended");
  }

  /** False: the stream is to be opened again. */
  #take(lines: readonly FeedLine[]): boolean {
    const { events } = this.#options;
    let rows: RevocationRow[] = [];
    const tell = (): void => {
      if (rows.length > 0) events.revoked(rows);
      rows = [];
    };
    for (const line of lines) {
      if (isRevocation(line)) {
        // Sent twice: known.
        if (this.#cursor !== undefined && line.seq <= this.#cursor) continue;
        if (this.#cursor !== undefined && line.previousSeq !== this.#cursor) {
          tell();
          if (!this.#break(line.seq)) return false;
        }
        this.#cursor = line.seq;
        rows.push(line);
        continue;
      }
      tell();
      this.#cursor ??= line.head;
      if (line.head > this.#cursor && !this.#break(line.head)) return false;
      if (line.head < this.#cursor) events.broken("rewound", line.head);
      this.#cursor = line.head;
      events.caughtUp();
    }
    tell();
    return true;
  }

  /** Revocations between the cursor and `upTo` were missed. False: ask for them again. */
  #break(upTo: number): boolean {
    const isSecond = this.#gapAt === this.#cursor;
    this.#gapAt = this.#cursor;
    this.#options.events.broken(isSecond ? "lost" : "gap", upTo);
    return isSecond;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
