import { assertSession, type SessionGrant } from "@cmdop/authority";
import { Failure, toFailure } from "@cmdop/base";
import type { AttachmentHandle, AttachmentSink } from "./ports.ts";
import type { RelayContext } from "./relay-context.ts";
import { parseAttach, parseAttachmentFrame, toAttachRequest } from "./wire/attachment-frames.ts";
import { toPrincipal } from "./wire/principals.ts";

/**
 * One attachment's frames, whatever carries them: the first must be attach, for the session of the ticket. A frame
 * that is refused ends this stream alone.
 */
export class AttachStream {
  readonly #context: RelayContext;
  readonly #grant: SessionGrant;
  readonly #sink: AttachmentSink;
  readonly #peer: string;
  #handle: AttachmentHandle | undefined;
  #isOver = false;

  constructor(context: RelayContext, grant: SessionGrant, sink: AttachmentSink, peer: string) {
    this.#context = context;
    this.#grant = grant;
    this.#sink = sink;
    this.#peer = peer;
  }

  get isAttached(): boolean {
    return this.#handle !== undefined;
  }

  /** `framed` gives the message with its transport prefix. */
  message(message: Uint8Array, framed: () => Uint8Array): void {
    if (this.#isOver) return;
    this.#context.counters.bytesIn += message.length;
    try {
      if (this.#handle === undefined) {
        this.#attach(message);
        return;
      }
      const event = parseAttachmentFrame(message, framed);
      if (event !== undefined) this.#handle.receive(event);
    } catch (cause) {
      this.fail(cause);
    }
  }

  /** Ends the stream with a failure found at the edge. */
  fail(cause: unknown): void {
    if (this.#isOver) return;
    const failure = toFailure(cause);
    this.#context.log.refused("attach", this.#peer, failure);
    this.closed();
    this.#sink.end(failure);
  }

  /** The transport's stream is over. */
  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handle?.closed();
  }

  #attach(message: Uint8Array): void {
    const attach = parseAttach(message);
    assertSession(this.#grant, attach.sessionId);
    // The ticket may have been revoked, or the stream may have waited, since it was verified.
    const principal = toPrincipal(this.#grant);
    if (this.#context.authority.isRevoked(principal.credential.ids)) throw new Failure("token_revoked");
    const handle = this.#context.core.attach(toAttachRequest(attach, principal), this.#sink);
    if (handle instanceof Failure) throw handle;
    this.#handle = handle;
  }
}
