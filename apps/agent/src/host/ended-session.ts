// A session that has ended: its log can be read and its last screen drawn; nothing can be written.

import type { Clock } from "@cmdop/base";
import {
  type Exit,
  ExitReason,
  type Frame,
  InputRefusal,
  type ResizePolicy,
  SessionKind,
} from "@cmdop/protocol";
import { diskFiles, type LogFiles } from "../output-log/log-files.ts";
import { readLog, readTail } from "../output-log/log-reader.ts";
import { logSalt } from "../output-log/records.ts";
import { listSegments, type Segment } from "../output-log/segments.ts";
import type { ScreenSnapshot, Screens } from "../screen/screens.ts";
import { Backlog } from "./backlog.ts";
import { Home, type HomeLink } from "./home.ts";
import { LogAnswers, type ReadableLog } from "./log-answers.ts";
import type { SessionMeta, SessionStore, StoredExit } from "./session-store.ts";

export type EndedMeta = SessionMeta & { readonly exit: StoredExit };

export interface EndedSessionOptions {
  readonly meta: EndedMeta;
  readonly store: SessionStore;
  readonly screens: Screens;
  readonly clock: Clock;
  /** How long its log is kept after its end, at the longest. */
  readonly logKeptMs: number;
  readonly files?: LogFiles;
}

export class EndedSession {
  readonly id: string;
  readonly meta: EndedMeta;
  readonly exit: Exit;
  readonly #options: EndedSessionOptions;
  readonly #homes = new Map<Home, LogAnswers>();
  #segments: readonly Segment[] | undefined;

  constructor(options: EndedSessionOptions) {
    this.id = options.meta.id;
    this.meta = options.meta;
    this.exit = toExit(options.meta.exit, options.logKeptMs);
    this.#options = options;
  }

  get log(): ReadableLog {
    const end = this.meta.exit.finalOffset;
    return {
      start: this.#listed()[0]?.startOffset ?? end,
      end,
      read: (from, to) =>
        readLog({ segments: this.#listed(), salt: logSalt(this.id), files: this.#files, end }, { from, to }),
    };
  }

  get homes(): number {
    return this.#homes.size;
  }

  addHome(link: HomeLink): Home {
    const { log, meta } = this;
    const home = new Home(link, {
      backlog: new Backlog(0),
      clock: this.#options.clock,
      head: () => log.end,
      snapshot: () => this.#snapshot(),
    });
    this.#homes.set(home, new LogAnswers(link, log));
    home.send({
      case: "hello",
      value: {
        sessionId: this.id,
        version: 1,
        kind: meta.kind as SessionKind,
        cols: meta.cols,
        rows: meta.rows,
        resizePolicy: meta.resizePolicy as ResizePolicy,
        logStart: BigInt(log.start),
        offset: BigInt(log.end),
        lease: {},
        exit: this.exit,
        title: meta.title,
      },
    });
    return home;
  }

  removeHome(home: Home): void {
    this.#homes.delete(home);
    // What was learned about its files is read again when somebody asks again.
    if (this.#homes.size === 0) this.#segments = undefined;
  }

  take(home: Home, { body }: Frame): void {
    switch (body.case) {
      case "input": {
        const { operator, stream, number: refused } = body.value;
        home.send({ case: "inputAck", value: { operator, stream, refused, refusal: InputRefusal.CLOSED } });
        return;
      }
      case "inputSync": {
        const { operator, stream, abandoned } = body.value;
        home.send({ case: "inputAck", value: { operator, stream, abandoned } });
        return;
      }
      case "snapshotRequest":
        void home.answerSnapshot(body.value.requestId);
        return;
      case "logRequest":
        if (!this.#homes.get(home)?.request(body.value)) {
          home.send({ case: "fault", value: { code: "rate_limited", text: "Too many log requests wait." } });
        }
        return;
      default:
        return;
    }
  }

  dispose(): void {
    for (const home of this.#homes.keys()) home.link.end();
    this.#homes.clear();
  }

  get #files(): LogFiles {
    return this.#options.files ?? diskFiles;
  }

  /** A directory that cannot be read holds nothing now, and is looked at again. */
  #listed(): readonly Segment[] {
    try {
      this.#segments ??= listSegments(this.#options.store.logDirectory(this.id), this.#files);
      return this.#segments;
    } catch {
      return [];
    }
  }

  async #snapshot(): Promise<ScreenSnapshot | undefined> {
    const { store, screens } = this.#options;
    const stored = store.loadScreen(this.id);
    if (stored || this.meta.kind !== SessionKind.TERMINAL) return stored;
    const drawn = await redraw(this.id, this.log, this.meta, screens);
    try {
      store.saveScreen(this.id, drawn);
    } catch {
      // A full disk: it is drawn again the next time.
    }
    return drawn;
  }
}

/** The last screen of a session whose host went away, from its log. */
const redraw = async (
  id: string,
  log: ReadableLog,
  size: { readonly cols: number; readonly rows: number },
  screens: Screens,
): Promise<ScreenSnapshot> => {
  const screen = screens.open(`${id}/ended`, size);
  try {
    let drained = () => {};
    screen.onDrain(() => drained());
    // The emulator's offsets are contiguous: what was lost is drawn as nothing.
    let drawn = 0;
    for (const item of log.read(log.start, log.end)) {
      if (item.kind === "size") screen.resize(item.cols, item.rows);
      if (item.kind !== "output") continue;
      screen.write(drawn, item.data);
      drawn += item.data.length;
      if (screen.isLagging) await new Promise<void>((resolve) => (drained = resolve));
    }
    // A snapshot may be older than what was written; the modes are not.
    await screen.modes();
    return { ...(await screen.snapshot()), offset: log.end };
  } finally {
    screen.dispose();
  }
};

const toExit = ({ code, signal, finalOffset, reason, atMs }: StoredExit, logKeptMs: number): Exit => ({
  $typeName: "cmdop.live.v1.Exit",
  signal,
  finalOffset: BigInt(finalOffset),
  reason: reason as ExitReason,
  atMs: BigInt(atMs),
  logUntilMs: BigInt(atMs + logKeptMs),
  ...(code !== undefined && { code }),
});

/** How a session ended that this host did not see end: by its log, or not known. Throws what keeps its log from being read. */
export const recoverExit = (
  meta: SessionMeta,
  { store, files = diskFiles }: { readonly store: SessionStore; readonly files?: LogFiles },
): EndedMeta => {
  if (meta.exit) return { ...meta, exit: meta.exit };
  const segments = listSegments(store.logDirectory(meta.id), files);
  const tail = readTail({ segments, salt: logSalt(meta.id), files });
  const { code, signal = "", reason = ExitReason.LOST } = tail.exit ?? {};
  const atMs = tail.lastAtMs || meta.createdAtMs;
  const exit = { signal, reason, finalOffset: tail.end, atMs, ...(code !== undefined && { code }) };
  const { cols, rows } = tail.size ?? meta;
  return { ...meta, cols, rows, exit };
};
