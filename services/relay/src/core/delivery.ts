// Fan-out of one session's output: the window, and the attachments that stand at its end. It does not know homes,
// logs or snapshots: who cannot be served from the window is handed to the ladder.
//
// I1 An attachment is in the live list exactly when its phase is `live`, and then its cursor is the window's end.
// I2 Delivering a chunk allocates nothing per attachment, decodes nothing and waits for nobody.
// I3 Nothing is sent to an attachment whose credit is used up; it overshoots by one chunk at most.
import type { FrameCodec } from "../ports.ts";
import { type Attachment, noCursor } from "./attachment.ts";
import type { GapReason } from "./frames.ts";
import type { OutputWindow } from "./output-window.ts";
import type { Geometry } from "./parties.ts";

export interface DeliveryCounters {
  outputBytes: number;
  deliveries: number;
  gaps: number;
  snapshots: number;
}

export interface DeliveryOptions {
  readonly window: OutputWindow;
  readonly codec: FrameCodec;
  readonly counters: DeliveryCounters;
  /** The attachment reached the window's end. */
  readonly reached: (attachment: Attachment) => void;
}

const isSame = (a: Geometry | undefined, b: Geometry | undefined): boolean =>
  a !== undefined && b !== undefined && a.cols === b.cols && a.rows === b.rows;

export class Delivery {
  readonly window: OutputWindow;
  readonly #codec: FrameCodec;
  readonly #counters: DeliveryCounters;
  readonly #reached: (attachment: Attachment) => void;
  readonly #live: Attachment[] = [];

  constructor(options: DeliveryOptions) {
    this.window = options.window;
    this.#codec = options.codec;
    this.#counters = options.counters;
    this.#reached = options.reached;
  }

  /** Bytes [window.end, to). */
  output(to: number, framed: Uint8Array): void {
    const from = this.window.end;
    this.window.append(to, framed);
    this.#counters.outputBytes += to - from;
    const live = this.#live;
    this.#counters.deliveries += live.length;
    for (let index = live.length - 1; index >= 0; index--) {
      const attachment = live[index];
      // A sink that calls back may have taken one out, and moved another here that was served already.
      if (attachment === undefined || attachment.cursor !== from) continue;
      attachment.cursor = to;
      attachment.sink.send(framed);
      if (to >= attachment.credit.end) this.pause(attachment);
    }
  }

  /** At the window's end; `framed` is made for this offset. */
  resize(geometry: Geometry, framed: Uint8Array): void {
    this.window.appendResize(geometry, framed);
    for (let index = this.#live.length - 1; index >= 0; index--) {
      const attachment = this.#live[index];
      if (attachment) this.tell(attachment, geometry, framed);
    }
  }

  /** Continues from the cursor, which lies within the window: until its end or until the credit is used up. */
  replay(attachment: Attachment): void {
    attachment.isReplaying = true;
    const { window } = this;
    this.#tellSizeAt(attachment);
    let isFull = attachment.cursor >= attachment.credit.end;
    for (const entry of window.entriesAfter(attachment.cursor)) {
      if (isFull || attachment.isEnded) break;
      if (entry.geometry) {
        this.tell(attachment, entry.geometry, entry.framed);
        continue;
      }
      const isWhole = entry.from === attachment.cursor;
      const framed = isWhole ? entry.framed : this.#codec.sliceOutput(entry.framed, attachment.cursor);
      attachment.cursor = entry.to;
      this.#counters.deliveries += 1;
      attachment.sink.send(framed);
      isFull = attachment.cursor >= attachment.credit.end;
    }
    attachment.isReplaying = false;
    if (attachment.isEnded) return;
    if (attachment.cursor < window.end || isFull) this.pause(attachment);
    else this.#goLive(attachment);
    // Whoever is at the end with its credit used up has everything there is, too.
    if (attachment.cursor === window.end) this.#reached(attachment);
  }

  /** Output that comes from the log instead of the window: [from, to), where from <= cursor < to. */
  sendLogged(attachment: Attachment, from: number, to: number, framed: Uint8Array): void {
    const isWhole = from === attachment.cursor;
    const bytes = isWhole ? framed : this.#codec.sliceOutput(framed, attachment.cursor);
    attachment.cursor = to;
    this.#counters.deliveries += 1;
    attachment.sink.send(bytes);
  }

  /** Declares [cursor, to) as not coming, before `bytes` of a snapshot that takes its place (0: none does). */
  gap(attachment: Attachment, to: number, reason: GapReason, bytes: number): void {
    const from = attachment.cursor;
    if (from === noCursor) {
      attachment.credit.begin(to);
      attachment.credit.jump(to, to, bytes);
    } else {
      if (to > from) {
        this.#counters.gaps += 1;
        attachment.sink.send(this.#codec.encode({ kind: "gap", from, to, reason }));
      }
      attachment.credit.jump(from, to, bytes);
    }
    attachment.cursor = to;
  }

  /** Sends a size unless it is what the attachment was told last. */
  tell(attachment: Attachment, geometry: Geometry, framed: Uint8Array): void {
    if (isSame(attachment.geometry, geometry)) return;
    attachment.geometry = geometry;
    attachment.sink.send(framed);
  }

  pause(attachment: Attachment): void {
    this.leaveLive(attachment);
    if (!attachment.isEnded) attachment.enter({ kind: "paused" });
  }

  /** Takes an attachment out of the live list; the caller gives it its next phase. */
  leaveLive(attachment: Attachment): void {
    const index = attachment.liveIndex;
    if (index < 0) return;
    attachment.liveIndex = -1;
    const last = this.#live.pop();
    if (last === undefined || last === attachment) return;
    this.#live[index] = last;
    last.liveIndex = index;
  }

  #goLive(attachment: Attachment): void {
    attachment.enter({ kind: "live" });
    if (attachment.liveIndex >= 0) return;
    attachment.liveIndex = this.#live.length;
    this.#live.push(attachment);
  }

  /** The resizes at the cursor itself may have been missed, or belong to what the window dropped. */
  #tellSizeAt(attachment: Attachment): void {
    const geometry = this.window.geometryAt(attachment.cursor);
    if (geometry === undefined || isSame(geometry, attachment.geometry)) return;
    const frame = { kind: "resize", offset: attachment.cursor, operator: "", ...geometry } as const;
    this.tell(attachment, geometry, this.#codec.encode(frame));
  }
}
