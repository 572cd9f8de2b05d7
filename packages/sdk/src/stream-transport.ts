import type { Failure } from "@cmdop/base";
import type { AttachFrame, ClientFrame, ServerFrame } from "./stream-frames.ts";

/** What a stream tells its owner, synchronously or later, never after `Stream.close`. */
export interface StreamEvents {
  frame(frame: ServerFrame): void;
  /** `send` takes more again. */
  drain(): void;
  /** The stream is over; called once and last. Undefined: the relay ended it without a failure. */
  close(failure: Failure | undefined): void;
}

/** One Attach stream to one relay, also while it is still being dialed. */
export interface Stream {
  /** False: taken, but wait for `drain`. */
  send(frame: ClientFrame): boolean;
  /** Stops reading: the relay is held back by the transport. */
  pause(): void;
  resume(): void;
  /** Ends it; no event follows. */
  close(): void;
}

export interface DialRequest {
  /** "host:port". */
  readonly relay: string;
  /** The ticket at hand was refused as expired: get another. */
  readonly isTicketExpired: boolean;
  /** This one's connection is draining or does not answer: use another. */
  readonly instead: Stream | undefined;
  readonly attach: AttachFrame;
}

/** Dials a relay and sends `attach` first. Everything that goes wrong comes as `close`. */
export type Dial = (request: DialRequest, events: StreamEvents) => Stream;
