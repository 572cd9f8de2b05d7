// An operator's client with an oracle: whatever it is sent must be the next bytes of the truth, or a declared gap.
import type { Failure } from "@cmdop/base";
import type { AttachmentHandle, AttachmentSink } from "../../ports.ts";
import type { DeliveryMode, Geometry } from "../parties.ts";
import type { AttachRequest } from "../requests.ts";
import type { HostModel } from "./host-model.ts";
import { InputModel } from "./input-model.ts";
import { parseFrame, type SimFrame, type SimOutput, type SimSnapshot } from "./sim-codec.ts";
import { byteAt } from "./sim-random.ts";

type Attach = (request: AttachRequest, sink: AttachmentSink) => AttachmentHandle | Failure;

/** The largest snapshot and frame of the simulation, with room for their names. */
const slackBytes = 2600;

/** What a frame takes of the credit. */
const costOf = (frame: SimFrame, framed: Uint8Array): number => {
  if (frame.kind === "output") return frame.data.byteLength;
  return frame.kind === "snapshot" ? framed.byteLength : 0;
};

export class ClientModel {
  readonly name: string;
  readonly mode: DeliveryMode;
  readonly creditBytes: number;
  readonly input: InputModel;
  readonly ended: string[] = [];
  /** Up to where everything is accounted for; undefined: nothing yet. */
  cursor: number | undefined;
  geometry: Geometry | undefined;
  hasExit = false;
  gaps = 0;
  snapshots = 0;
  readonly queue: Uint8Array[] = [];
  #handle: AttachmentHandle | undefined;
  #generation = 0;
  #gapTo: number | undefined;
  #isAttached = false;
  #isFresh = false;
  /** This attachment got its exit. */
  #isOver = false;
  #acked = 0;
  /** Output and snapshots handed to the sink since the attach, and of those how many were acknowledged. */
  #sentBytes = 0;
  #ackedBytes = 0;
  #readBytes = 0;
  readonly #host: HostModel;

  constructor(options: { name: string; mode: DeliveryMode; creditBytes: number; host: HostModel }) {
    this.name = options.name;
    this.mode = options.mode;
    this.creditBytes = options.creditBytes;
    this.#host = options.host;
    const stream = `stream-${options.name}`;
    this.input = new InputModel({
      operator: `op-${options.name}`,
      stream,
      send: (framed, number) =>
        this.#handle?.receive(
          number === undefined
            ? { kind: "inputSync", stream, framed }
            : { kind: "input", stream, number, framed },
        ),
    });
  }

  get isDialed(): boolean {
    return this.#handle !== undefined;
  }

  dial(attach: Attach): void {
    this.drop(true);
    this.#generation += 1;
    const generation = this.#generation;
    this.#isAttached = false;
    this.#isOver = false;
    this.#isFresh = this.cursor === undefined;
    this.#acked = this.cursor ?? 0;
    this.#sentBytes = 0;
    this.#ackedBytes = 0;
    this.#readBytes = 0;
    const queue = this.queue;
    const sink: AttachmentSink = {
      get bufferedBytes() {
        return queue.reduce((sum, framed) => sum + framed.byteLength, 0);
      },
      send: (framed) => {
        if (generation !== this.#generation) return;
        this.#sentBytes += costOf(parseFrame(framed), framed);
        this.#assert(
          this.#sentBytes - this.#ackedBytes <= this.creditBytes + slackBytes,
          "beyond its credit",
        );
        queue.push(framed);
      },
      end: (failure) => {
        if (generation !== this.#generation) return;
        this.ended.push(failure?.code ?? "ok");
        this.#handle = undefined;
        queue.length = 0;
      },
    };
    const { name, mode, creditBytes } = this;
    const handle = attach(
      {
        principal: {
          fleet: "f",
          operator: `op-${name}`,
          role: "operator",
          actor: "human",
          machines: "*",
          session: this.#host.id,
          credential: { ids: [name], limitMs: undefined },
        },
        sessionId: this.#host.id,
        mode,
        fromOffset: this.cursor,
        viewport: undefined,
        stream: `stream-${name}`,
        creditBytes,
        role: undefined,
      },
      sink,
    );
    if ("attachmentId" in handle) {
      if (this.ended.length === 0 || generation === this.#generation) this.#handle ??= handle;
    } else this.ended.push(handle.code);
  }

  /** The connection is cut: what was not read is gone. */
  drop(isTold: boolean): void {
    if (isTold) this.#handle?.closed();
    this.#handle = undefined;
    this.#generation += 1;
    this.queue.length = 0;
    this.#gapTo = undefined;
    this.input.lost();
  }

  declareViewport(viewport: { cols: number; rows: number; hidden: boolean }): void {
    this.#handle?.receive({ kind: "viewport", viewport });
  }

  read(nowMs: number): boolean {
    const framed = this.queue.shift();
    if (!framed) return false;
    const frame = parseFrame(framed);
    this.#readBytes += costOf(frame, framed);
    this.#take(frame, nowMs);
    return true;
  }

  acknowledge(): void {
    if (this.cursor === undefined || this.cursor < this.#acked) return;
    this.#acked = this.cursor;
    this.#ackedBytes = this.#readBytes;
    this.#handle?.receive({ kind: "ack", offset: this.cursor });
  }

  #take(frame: SimFrame, nowMs: number): void {
    if (frame.kind === "attached") {
      this.#assert(!this.#isAttached, "attached twice");
      this.#isAttached = true;
      return;
    }
    this.#assert(this.#isAttached, `${frame.kind} before attached`);
    switch (frame.kind) {
      case "output":
        this.#output(frame);
        return;
      case "gap":
        this.#assert(this.#gapTo === undefined, "a gap after a gap");
        this.#assert(frame.from === this.cursor && frame.to > frame.from, `gap from ${frame.from}`);
        this.gaps += 1;
        if (this.mode === "terminal") this.#gapTo = frame.to;
        else {
          this.#assert(this.#host.isGone(frame.from, frame.to), `gap over bytes that are there: ${frame.to}`);
          this.cursor = frame.to;
          this.geometry = undefined;
        }
        return;
      case "snapshot":
        this.#snapshot(frame);
        return;
      case "resize":
        this.#assert(this.#gapTo === undefined, "a resize between gap and snapshot");
        this.#assert(this.cursor === frame.offset, `a resize at ${frame.offset}`);
        this.geometry = { cols: frame.cols, rows: frame.rows };
        return;
      case "exit":
        this.#assert(this.cursor === frame.exit.finalOffset && !this.#isOver, "an exit too early or twice");
        this.#isOver = true;
        this.hasExit = true;
        return;
      case "status":
        if (frame.state === "live" || frame.state === "ended") this.input.synchronize();
        return;
      case "inputAck":
        this.#assert(frame.operator === this.input.operator, "somebody else's ack");
        this.input.answered(frame, nowMs);
        return;
      default:
    }
  }

  #output(frame: SimOutput): void {
    this.#assert(this.#gapTo === undefined, "output between gap and snapshot");
    this.#assert(this.cursor === frame.from, `output from ${frame.from}`);
    this.#assert(
      frame.data.every((byte, index) => byte === byteAt(frame.from + index)),
      "bytes that are not the truth",
    );
    this.#assert(frame.to <= this.#host.end && frame.data.byteLength > 0, "bytes that do not exist");
    if (this.geometry) {
      const { cols, rows } = this.#host.sizeAt(frame.from);
      this.#assert(this.geometry.cols === cols && this.geometry.rows === rows, "output at a stale size");
    }
    this.cursor = frame.to;
  }

  #snapshot(frame: SimSnapshot): void {
    this.#assert(this.mode === "terminal", "a snapshot to a lossless one");
    if (this.#gapTo !== undefined) this.#assert(this.#gapTo === frame.offset, "a snapshot beside its gap");
    else if (!this.#isFresh) this.#assert(this.cursor === frame.offset, "a snapshot without a gap");
    this.#isFresh = false;
    this.#gapTo = undefined;
    this.snapshots += 1;
    this.cursor = frame.offset;
    this.geometry = { cols: frame.cols, rows: frame.rows };
  }

  #assert(isTrue: boolean, what: string): void {
    if (!isTrue) throw new Error(`${this.name} (${this.mode}, at ${this.cursor}): ${what}`);
  }
}
