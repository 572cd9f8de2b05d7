// Tells everybody who is attached, at most every `presenceIntervalMs`.
import type { HomeSink } from "../ports.ts";
import type { Attachment } from "./attachment.ts";
import type { CoreFrame } from "./frames.ts";
import type { Lease } from "./parties.ts";
import { listPresence } from "./presence.ts";
import type { SessionContext } from "./session-context.ts";

export interface SessionPresenceOptions {
  readonly context: SessionContext;
  readonly attachments: ReadonlyMap<string, Attachment>;
  readonly lease: () => Lease;
  readonly home: () => HomeSink | undefined;
  readonly later: () => void;
}

export class SessionPresence {
  readonly #options: SessionPresenceOptions;
  #isDue = false;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SessionPresenceOptions) {
    this.#options = options;
  }

  /** For who has just attached. */
  frame(): CoreFrame {
    return this.#frame(this.#options.context.limits.presenceListed);
  }

  changed(): void {
    this.#isDue = true;
    this.#options.later();
  }

  /** True when it waits for its interval. */
  flush(nowMs: number): boolean {
    if (this.#isDue && nowMs - this.#toldAtMs >= this.#options.context.limits.presenceIntervalMs) this.tell();
    return this.#isDue;
  }

  tell(): void {
    const { context, attachments, home } = this.#options;
    const { codec, limits, now } = context;
    this.#isDue = false;
    this.#toldAtMs = now();
    if (attachments.size > 0) {
      const framed = codec.encode(this.frame());
      for (const { sink, credit } of attachments.values()) {
        // Who does not read needs no news of who is there.
        if (sink.bufferedBytes <= credit.bytes) sink.send(framed);
      }
    }
    // Whole: the host ends the lease of a holder who is not on the list.
    home()?.send(codec.encode(this.#frame(limits.attachmentsPerSession)));
  }

  #frame(listedMax: number): CoreFrame {
    const { attachments, lease } = this.#options;
    return { kind: "presence", ...listPresence(attachments.values(), lease(), listedMax) };
  }
}
