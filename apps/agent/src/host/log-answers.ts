import {
  type Channel,
  encodeFrame,
  type FrameBody,
  fromFramed,
  GapReason,
  type LogRequest,
} from "@cmdop/protocol";
import type { LogItem } from "../output-log/log-reader.ts";
import type { HomeLink } from "./home.ts";
import { hostLimits } from "./limits.ts";

/** What can be read of a session's output, live or ended. */
export interface ReadableLog {
  readonly start: number;
  readonly end: number;
  read(from: number, to: number): Generator<LogItem, void, undefined>;
}

/**
 * Answers the log requests of one home, one after the other, as fast as its link takes them. What a log does not give,
 * for whatever reason, is declared a gap, and the next request is answered.
 */
export class LogAnswers {
  readonly #link: HomeLink;
  readonly #log: ReadableLog;
  readonly #waiting: LogRequest[] = [];
  #isAnswering = false;

  constructor(link: HomeLink, log: ReadableLog) {
    this.#link = link;
    this.#log = log;
  }

  /** False: too many wait. */
  request(request: LogRequest): boolean {
    if (this.#waiting.length >= hostLimits.logRequestsMax) return false;
    this.#waiting.push(request);
    if (!this.#isAnswering) void this.#answerAll();
    return true;
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    try {
      for (let next = this.#waiting.shift(); next && !this.#link.isOver; next = this.#waiting.shift()) {
        await this.#answer(next);
      }
    } finally {
      this.#isAnswering = false;
    }
  }

  async #answer({ requestId, from, to }: LogRequest): Promise<void> {
    const end = this.#log.end;
    const start = from > BigInt(end) ? end : Number(from);
    const limit = Math.min(end, start + hostLimits.logRequestBytesMax);
    const stop = to < BigInt(limit) ? Math.max(start, Number(to)) : limit;
    let next = start;
    for (const item of readable(this.#log, start, stop)) {
      if (item.kind === "output") next = item.offset + item.data.length;
      else if (item.kind === "gap") next = item.to;
      const body = toFrame(item);
      if (!body) continue;
      const frame = fromFramed(encodeFrame(body));
      this.#link.send(encodeFrame({ case: "logChunk", value: { requestId, frame, next: BigInt(next) } }));
      if (this.#link.bufferedBytes >= hostLimits.socketBufferBytes) await this.#link.drained();
      if (this.#link.isOver) return;
    }
    this.#link.send(encodeFrame({ case: "logChunk", value: { requestId, done: true, next: BigInt(next) } }));
  }
}

/** A log's items as far as it can be read, and what it did not come to as lost. */
function* readable(log: ReadableLog, from: number, to: number): Generator<LogItem, void, undefined> {
  let next = from;
  try {
    for (const item of log.read(from, to)) {
      yield item;
      if (item.kind === "output") next = item.offset + item.data.length;
      else if (item.kind === "gap") next = item.to;
    }
  } catch {
    if (next < to) yield { kind: "gap", from: next, to, reason: GapReason.LOST };
  }
}

const toFrame = (item: LogItem): FrameBody | undefined => {
  switch (item.kind) {
    case "output":
      return {
        case: "output",
        value: { offset: BigInt(item.offset), data: item.data, channel: item.channel as Channel },
      };
    case "gap":
      return { case: "gap", value: { from: BigInt(item.from), to: BigInt(item.to), reason: item.reason } };
    case "size": {
      const { offset, cols, rows, operator } = item;
      return { case: "resize", value: { offset: BigInt(offset), cols, rows, operator } };
    }
    default:
      return undefined;
  }
};
