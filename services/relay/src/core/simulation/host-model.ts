// A session host as the contract describes it: the truth of one session, its bounded log, its lagging screen, and its
// homes with a queue in each direction.
import type { HomeHandle } from "../../ports.ts";
import type { LogFrame } from "../frames.ts";
import type { Exit, Geometry, HostedSession } from "../parties.ts";
import { frameJson, frameOutput, parseFrame, type SimInput, type SimInputAck } from "./sim-codec.ts";
import { bytesOf, type SimRandom } from "./sim-random.ts";

export const hostLimits = { unacked: 3000, lag: 9000, request: 8192, frame: 700 };

/** As a transport reads it: a part of a larger buffer. */
const read = (framed: Uint8Array): Uint8Array => {
  const buffer = new Uint8Array(framed.byteLength * 3);
  buffer.set(framed, framed.byteLength);
  return buffer.subarray(framed.byteLength, framed.byteLength * 2);
};

export interface SizeAt extends Geometry {
  readonly offset: number;
}

export class SimHome {
  handle: HomeHandle | undefined;
  isOver = false;
  readonly down: Uint8Array[] = [];
  readonly up: (() => void)[] = [];
  cursor: number;
  acked: number;
  resizes: number;
  isExitSent = false;

  constructor(at: { offset: number; resizes: number }) {
    this.cursor = at.offset;
    this.acked = at.offset;
    this.resizes = at.resizes;
  }
}

export class HostModel {
  readonly id: string;
  readonly #random: SimRandom;
  /** Small enough to expire often, or large enough to hold nearly everything. */
  readonly #logBytes: number;
  end = 0;
  logStart = 0;
  /** How far the screen is. */
  screen = 0;
  readonly sizes: SizeAt[] = [{ offset: 0, cols: 80, rows: 24 }];
  readonly holes: { readonly from: number; readonly to: number }[] = [];
  exit: Exit | undefined;
  readonly homes: SimHome[] = [];
  /** Numbers applied, in order, per operator and stream. */
  readonly applied = new Map<string, number[]>();
  readonly actors = new Set<string>();

  constructor(id: string, random: SimRandom) {
    this.id = id;
    this.#random = random;
    this.#logBytes = random.pick([24_000, 200_000]) ?? 0;
  }

  hosted(): HostedSession {
    return {
      sessionId: this.id,
      kind: "terminal",
      name: "",
      title: "",
      argv: [],
      cwd: "/",
      ...this.sizeAt(this.end),
      resizePolicy: "latest",
      createdAtMs: 1,
      openedBy: "anna",
      logStart: this.logStart,
      offset: this.end,
      exit: this.exit,
      waitForReader: false,
    };
  }

  sizeAt(offset: number): SizeAt {
    const size = this.sizes.findLast((each) => each.offset <= offset);
    if (!size) throw new Error("no size");
    return size;
  }

  isGone(from: number, to: number): boolean {
    let at = from;
    while (at < to) {
      const hole = this.holes.find((each) => each.from <= at && at < each.to);
      if (at < this.logStart) at = this.logStart;
      else if (hole) at = hole.to;
      else return false;
    }
    return true;
  }

  write(bytes: number, isLost: boolean): void {
    if (this.exit) return;
    if (isLost) this.holes.push({ from: this.end, to: this.end + bytes });
    this.end += bytes;
    this.logStart = Math.max(this.logStart, this.end - this.#logBytes);
  }

  resize(cols: number, rows: number): void {
    this.sizes.push({ offset: this.end, cols, rows });
  }

  finish(atMs: number): void {
    this.exit ??= { code: 0, signal: "", finalOffset: this.end, reason: "exited", atMs };
  }

  openHome(handle: (home: SimHome) => HomeHandle | undefined): void {
    const home = new SimHome({ offset: this.end, resizes: this.sizes.length });
    home.handle = handle(home);
    if (!home.handle) return;
    this.homes.push(home);
    const { cols, rows } = this.sizeAt(this.end);
    const hello = {
      kind: "hello",
      sessionId: this.id,
      sessionKind: "terminal",
      cols,
      rows,
      resizePolicy: "latest",
      logStart: this.logStart,
      offset: this.end,
      lease: { holder: "", stream: "", actor: undefined, epoch: 1 },
      exit: this.exit,
      title: "",
    } as const;
    home.isExitSent = this.exit !== undefined;
    home.up.push(() => home.handle?.receive(hello));
  }

  closeHome(home: SimHome, isTold: boolean): void {
    if (home.isOver) return;
    home.isOver = true;
    const index = this.homes.indexOf(home);
    if (index >= 0) this.homes.splice(index, 1);
    if (isTold) home.handle?.closed();
  }

  /** Moves bytes of the truth into a home's queue, as far as it acknowledged. */
  pump(home: SimHome): void {
    for (;;) {
      const size = this.sizes[home.resizes];
      if (size && size.offset <= home.cursor) {
        home.resizes += 1;
        const frame = { kind: "resize", operator: "", ...size } as const;
        home.up.push(() => home.handle?.receive({ ...frame, framed: frameJson(frame) }));
        continue;
      }
      if (home.cursor >= this.end || home.cursor - home.acked >= hostLimits.unacked) break;
      if (this.end - home.cursor > hostLimits.lag) {
        this.#skip(home);
        continue;
      }
      const most = Math.min(size?.offset ?? this.end, this.end, home.cursor + hostLimits.frame);
      const from = home.cursor;
      const to = this.#random.between(from + 1, most);
      home.cursor = to;
      home.up.push(() => home.handle?.output(from, to, read(frameOutput(from, bytesOf(from, to)))));
    }
    if (this.exit && !home.isExitSent && home.cursor === this.end) {
      const exit = this.exit;
      home.isExitSent = true;
      home.up.push(() => home.handle?.receive({ kind: "exit", exit }));
    }
  }

  /** What the relay sent; false when there was nothing. */
  takeDown(home: SimHome): boolean {
    const framed = home.down.shift();
    if (!framed) return false;
    const frame = parseFrame(framed);
    switch (frame.kind) {
      case "ack":
        home.acked = Math.max(home.acked, frame.offset);
        break;
      case "resize":
        this.resize(frame.cols, frame.rows);
        break;
      case "snapshotRequest":
        this.#answerSnapshot(home, frame.requestId);
        break;
      case "logRequest":
        this.#answerLog(home, frame.requestId, frame.from, frame.to);
        break;
      case "input":
        this.#input(frame);
        break;
      case "inputSync":
        this.#ackInput(frame.operator, frame.stream, "", 0, frame.sync);
        break;
      case "presence":
        break;
      default:
        throw new Error(`the host does not take ${frame.kind}`);
    }
    return true;
  }

  /** The screen reads on. */
  draw(bytes: number): void {
    this.screen = Math.min(this.end, this.screen + bytes);
  }

  #skip(home: SimHome): void {
    const from = home.cursor;
    const to = this.end;
    home.cursor = to;
    home.resizes = this.sizes.length;
    home.up.push(() => home.handle?.receive({ kind: "gap", from, to, reason: "slow" }));
    this.screen = this.end;
    this.#answerSnapshot(home, 0);
  }

  #answerSnapshot(home: SimHome, requestId: number): void {
    const offset = this.screen;
    const { cols, rows } = this.sizeAt(offset);
    const padding = "x".repeat(this.#random.below(600));
    const frame = { kind: "snapshot", offset, cols, rows, requestId, padding } as const;
    home.up.push(() => home.handle?.receive({ ...frame, title: "", framed: frameJson(frame) }));
  }

  #answerLog(home: SimHome, requestId: number, asked: number, askedTo: number): void {
    const to = Math.min(askedTo, this.end, asked + hostLimits.request);
    let at = asked;
    const chunk = (frame: LogFrame, next: number): void => {
      home.up.push(() => home.handle?.receive({ kind: "logChunk", requestId, frame, done: false, next }));
    };
    while (at < to) {
      const hole = this.holes.find((each) => each.from <= at && at < each.to);
      const gapTo = at < this.logStart ? this.logStart : hole?.to;
      if (gapTo !== undefined) {
        const next = Math.min(gapTo, to);
        chunk({ kind: "gap", from: at, to: next, reason: at < this.logStart ? "expired" : "lost" }, next);
        at = next;
        continue;
      }
      for (const size of this.sizes.filter(({ offset }) => offset === at)) {
        const frame = { kind: "resize", operator: "", ...size } as const;
        chunk({ ...frame, framed: frameJson(frame) }, at);
      }
      const after = at;
      const nextSize = this.sizes.find(({ offset }) => offset > after)?.offset ?? to;
      const nextHole = this.holes.find(({ from }) => from > after)?.from ?? to;
      const next = Math.min(to, nextSize, nextHole, at + this.#random.between(1, hostLimits.frame));
      chunk({ kind: "output", from: at, to: next, framed: frameOutput(at, bytesOf(at, next)) }, next);
      at = next;
    }
    const next = at;
    home.up.push(() =>
      home.handle?.receive({ kind: "logChunk", requestId, frame: undefined, done: true, next }),
    );
  }

  #input(input: SimInput): void {
    const key = `${input.operator} ${input.stream}`;
    this.actors.add(`${input.operator} ${input.actor}`);
    const applied = this.applied.get(key) ?? [];
    this.applied.set(key, applied);
    const last = applied.at(-1) ?? 0;
    if (this.exit) this.#ackInput(input.operator, input.stream, "closed", input.number);
    else if (input.number <= last) this.#ackInput(input.operator, input.stream, "", 0);
    else if (input.previous !== last)
      this.#ackInput(input.operator, input.stream, "outOfOrder", input.number);
    else {
      applied.push(input.number);
      this.#ackInput(input.operator, input.stream, "", 0);
    }
  }

  #ackInput(operator: string, stream: string, refusal: string, refused: number, sync = 0): void {
    const number = this.applied.get(`${operator} ${stream}`)?.at(-1) ?? 0;
    const frame: SimInputAck = { kind: "inputAck", operator, stream, number, refusal, refused, sync };
    for (const home of this.homes)
      home.up.push(() =>
        home.handle?.receive({ kind: "inputAck", operator, stream, framed: frameJson(frame) }),
      );
  }
}
