// A session as a fake agent holds it: output in memory, input applied exactly once, lease and snapshots as the
// real host does them. It is the truth that a test compares with.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { newSessionId } from "@cmdop/base";
import {
  Channel,
  decodeFrame,
  ExitReason,
  type ExitSchema,
  encodeFrame,
  encodeOutput,
  type FrameBody,
  fromFramed,
  type HostedSessionSchema,
  type Input,
  InputRefusal,
  type LeaseRequest,
  limits,
  ResizePolicy,
  SessionKind,
  toFramed,
} from "@cmdop/protocol";
import { type AppliedInput, FakeInputs, type FakeLease } from "./fake-inputs.ts";

/** Where a session's frames go: a Home stream. */
export interface FakeHome {
  send(framed: Uint8Array): void;
  /** Offset up to which the relay acknowledged. */
  acked: number;
}

export interface FakeSessionOptions {
  readonly sessionId?: string;
  readonly kind?: SessionKind;
  readonly name?: string;
  readonly title?: string;
  readonly argv?: readonly string[];
  readonly cwd?: string;
  readonly cols?: number;
  readonly rows?: number;
  readonly resizePolicy?: ResizePolicy;
  readonly openedBy?: string;
}

export class FakeSession {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly name: string;
  readonly signals: string[] = [];
  readonly resizes: { readonly cols: number; readonly rows: number; readonly operator: string }[] = [];
  readonly homes = new Set<FakeHome>();
  title: string;
  cols: number;
  rows: number;
  /** Bytes before this are gone from the log. */
  logStart = 0;
  /** While true nothing is sent and nothing is answered: the host stands still. What arrives is kept. */
  isStalled = false;
  /** Asked to end by an operator: ends at once with the exit of a hangup, unless a test clears this. */
  endsOnClose = true;
  #exit: MessageInitShape<typeof ExitSchema> | undefined;
  readonly #options: FakeSessionOptions;
  readonly #chunks: { readonly offset: number; readonly data: Buffer; readonly channel: Channel }[] = [];
  #offset = 0;
  readonly #inputs = new FakeInputs();
  #waiting: (() => void)[] = [];

  constructor(options: FakeSessionOptions = {}) {
    this.#options = options;
    this.sessionId = options.sessionId ?? newSessionId();
    this.kind = options.kind ?? SessionKind.TERMINAL;
    this.name = options.name ?? "";
    this.title = options.title ?? "";
    this.cols = options.cols ?? 80;
    this.rows = options.rows ?? 24;
  }

  get offset(): number {
    return this.#offset;
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  /** All output since the beginning, whatever the log still holds. */
  get truth(): Buffer {
    return Buffer.concat(this.#chunks.map((chunk) => chunk.data));
  }

  /** What was applied, in order. */
  get inputs(): readonly AppliedInput[] {
    return this.#inputs.applied;
  }

  get inputText(): string {
    return this.inputs.map((input) => input.data).join("");
  }

  get lease(): FakeLease {
    return this.#inputs.lease;
  }

  /** Called for each input right after it was applied: an echo, say. */
  set onInput(listener: ((input: AppliedInput) => void) | undefined) {
    this.#inputs.onInput = listener;
  }

  /** The execution writes; goes to every home at once. */
  write(data: string | Uint8Array, channel: Channel = this.#channel): void {
    const bytes = Buffer.from(data);
    for (let at = 0; at < bytes.length; at += limits.frameDataBytesMax) {
      const part = bytes.subarray(at, at + limits.frameDataBytesMax);
      const offset = this.#offset;
      this.#chunks.push({ offset, data: part, channel });
      this.#offset += part.length;
      this.#toHomes(encodeOutput({ offset, channel, data: part }));
    }
  }

  resize(cols: number, rows: number, operator = ""): void {
    this.cols = cols;
    this.rows = rows;
    this.#toHomes(
      encodeFrame({ case: "resize", value: { offset: BigInt(this.#offset), cols, rows, operator } }),
    );
  }

  end(
    exit: { readonly code?: number; readonly signal?: string; readonly reason?: ExitReason } = { code: 0 },
  ): void {
    if (this.#exit) return;
    this.#exit = {
      ...(exit.code === undefined ? {} : { code: exit.code }),
      signal: exit.signal ?? "",
      finalOffset: BigInt(this.#offset),
      reason: exit.reason ?? (exit.signal === undefined ? ExitReason.EXITED : ExitReason.SIGNALED),
      atMs: BigInt(Date.now()),
    };
    this.#toHomes(encodeFrame({ case: "exit", value: this.#exit }));
  }

  /** Whatever frame a test wants to send, right or wrong. */
  send(body: FrameBody): void {
    this.#toHomes(encodeFrame(body));
  }

  /** Whatever bytes, as a message. */
  sendMessage(message: Uint8Array): void {
    this.#toHomes(toFramed(message));
  }

  stall(): void {
    this.isStalled = true;
  }

  resume(): void {
    this.isStalled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) task();
  }

  hosted(): MessageInitShape<typeof HostedSessionSchema> {
    return {
      sessionId: this.sessionId,
      kind: this.kind,
      name: this.name,
      title: this.title,
      argv: [...(this.#options.argv ?? ["/bin/sh"])],
      cwd: this.#options.cwd ?? "/home/fake",
      cols: this.cols,
      rows: this.rows,
      resizePolicy: this.#options.resizePolicy ?? ResizePolicy.LATEST,
      createdAtMs: BigInt(Date.UTC(2026, 0, 1)),
      openedBy: this.#options.openedBy ?? "fake",
      logStart: BigInt(this.logStart),
      offset: BigInt(this.#offset),
      ...(this.#exit === undefined ? {} : { exit: this.#exit }),
    };
  }

  /** A Home opened: hello first, then live output from here. */
  addHome(home: FakeHome): void {
    this.homes.add(home);
    home.send(
      encodeFrame({
        case: "hello",
        value: {
          sessionId: this.sessionId,
          version: 1,
          kind: this.kind,
          cols: this.cols,
          rows: this.rows,
          resizePolicy: this.#options.resizePolicy ?? ResizePolicy.LATEST,
          logStart: BigInt(this.logStart),
          offset: BigInt(this.#offset),
          lease: this.#wireLease,
          ...(this.#exit === undefined ? {} : { exit: this.#exit }),
          title: this.title,
        },
      }),
    );
  }

  removeHome(home: FakeHome): void {
    this.homes.delete(home);
  }

  receive(home: FakeHome, message: Uint8Array): void {
    if (this.isStalled) {
      // A view of the transport's block: kept as a copy.
      const copy = Buffer.from(message);
      this.#waiting.push(() => this.receive(home, copy));
      return;
    }
    const { body } = decodeFrame(message);
    switch (body.case) {
      case "ack":
        home.acked = Number(body.value.offset);
        return;
      case "input":
        this.#input(body.value);
        return;
      case "inputSync":
        this.#inputs.abandon(body.value);
        this.#ack(body.value.operator, body.value.stream);
        return;
      case "logRequest":
        this.#answerLog(home, Number(body.value.requestId), Number(body.value.from), Number(body.value.to));
        return;
      case "snapshotRequest":
        home.send(this.#snapshot(Number(body.value.requestId)));
        return;
      case "leaseRequest":
        this.#leaseRequest(body.value);
        return;
      case "resize":
        this.resizes.push({ cols: body.value.cols, rows: body.value.rows, operator: body.value.operator });
        this.resize(body.value.cols, body.value.rows, body.value.operator);
        return;
      case "signal":
        this.signals.push(body.value.name);
        return;
      case "close":
        this.close();
        return;
      default:
        return;
    }
  }

  close(): void {
    if (this.endsOnClose) this.end({ signal: "SIGHUP", reason: ExitReason.CLOSED });
  }

  get #channel(): Channel {
    return this.kind === SessionKind.TERMINAL ? Channel.PTY : Channel.STDOUT;
  }

  get #wireLease() {
    return { ...this.lease, epoch: BigInt(this.lease.epoch) };
  }

  #toHomes(framed: Uint8Array): void {
    if (this.isStalled) {
      this.#waiting.push(() => this.#toHomes(framed));
      return;
    }
    for (const home of this.homes) home.send(framed);
  }

  #ack(
    operator: string,
    stream: Uint8Array,
    refusal: InputRefusal = InputRefusal.UNSPECIFIED,
    refused = 0,
  ): void {
    this.#toHomes(
      encodeFrame({
        case: "inputAck",
        value: {
          operator,
          stream,
          number: BigInt(this.#inputs.lastNumber(operator, stream)),
          abandoned: BigInt(this.#inputs.abandonedNumber(operator, stream)),
          refusal,
          refused: BigInt(refused),
          epoch: BigInt(this.lease.epoch),
        },
      }),
    );
  }

  #input(input: Input): void {
    const { epoch } = this.lease;
    const refusal = this.#exit ? InputRefusal.CLOSED : this.#inputs.apply(input);
    if (this.lease.epoch !== epoch) this.#toHomes(encodeFrame({ case: "lease", value: this.#wireLease }));
    if (refusal === undefined) this.#ack(input.operator, input.stream);
    else this.#ack(input.operator, input.stream, refusal, Number(input.number));
  }

  #leaseRequest(request: LeaseRequest): void {
    this.#inputs.leaseRequest(request);
    this.#toHomes(encodeFrame({ case: "lease", value: this.#wireLease }));
  }

  /** Not a screen, but what draws the same one: everything that was ever written. */
  #snapshot(requestId: number): Uint8Array {
    return encodeFrame({
      case: "snapshot",
      value: {
        offset: BigInt(this.#offset),
        cols: this.cols,
        rows: this.rows,
        unicodeVersion: "15-graphemes",
        data: this.truth.subarray(-limits.windowBytes),
        title: this.title,
        requestId: BigInt(requestId),
      },
    });
  }

  #answerLog(home: FakeHome, requestId: number, from: number, to: number): void {
    const send = (next: number, frame: Uint8Array | undefined): void =>
      home.send(
        encodeFrame({
          case: "logChunk",
          value: {
            requestId: BigInt(requestId),
            ...(frame === undefined ? {} : { frame }),
            done: frame === undefined,
            next: BigInt(next),
          },
        }),
      );
    let next = from;
    if (from < this.logStart) {
      next = Math.min(this.logStart, to);
      const gap = encodeFrame({ case: "gap", value: { from: BigInt(from), to: BigInt(next), reason: 2 } });
      send(next, fromFramed(gap));
    }
    const end = Math.min(to, this.#offset, next + limits.logRequestBytesMax);
    for (const chunk of this.#chunks) {
      const chunkEnd = chunk.offset + chunk.data.length;
      if (chunkEnd <= next || chunk.offset >= end) continue;
      const data = chunk.data.subarray(
        Math.max(0, next - chunk.offset),
        Math.min(chunk.data.length, end - chunk.offset),
      );
      const output = encodeOutput({ offset: next, channel: chunk.channel, data });
      next += data.length;
      send(next, fromFramed(output));
    }
    send(next, undefined);
  }
}
