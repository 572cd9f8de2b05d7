import type { GrpcStatusName } from "@cmdop/base";
import type { Metadata } from "./metadata.ts";

/** How a call ended. `metadata` holds the trailers beside `grpc-status` and `grpc-message`. */
export interface CallStatus {
  readonly code: GrpcStatusName | "OK";
  readonly message: string;
  readonly metadata: Metadata;
}

/** What a call tells its owner. Set once, synchronously, with `handle`. */
export interface CallEvents {
  /**
   * One whole message. `framed` is the same bytes with the 5-byte gRPC prefix before them, so that they can be
   * forwarded as they stand; `message` is `framed.subarray(5)`. Both stay valid after the call returns, as views
   * of the block that was read (up to 64 KiB): who keeps one for long keeps `toRetained(framed)`.
   */
  message(message: Buffer, framed: Buffer): void;
  /** The peer half-closed: no more messages will come. Not called when the call fails first. */
  end?(): void;
  /** `bufferedBytes` fell below the low-water mark after `send` returned false. */
  drain?(): void;
  /** The call is over, for any reason; called exactly once and last. */
  close?(status: CallStatus): void;
}

/** `CallEvents` for a pump: bytes with their prefixes, as they come, cut anywhere. No size limit is checked. */
export interface RawCallEvents {
  /** Valid after the call returns; a view of a larger block (see `toRetained`). */
  bytes(chunk: Buffer): void;
  end?(): void;
  drain?(): void;
  close?(status: CallStatus): void;
}

interface Call {
  readonly path: string;
  /** Aborted when the call is over or cancelled. */
  readonly signal: AbortSignal;
  /** Bytes accepted by `send` that the transport has not taken yet. */
  readonly bufferedBytes: number;
  /** Nothing is read before this. */
  handle(events: CallEvents): void;
  /** Instead of `handle`: for a pump that does not look into messages. */
  handleRaw(events: RawCallEvents): void;
  /** Stops reading: the peer is held back by HTTP/2 flow control on this stream alone. */
  pause(): void;
  resume(): void;
  /** Sends one message. False when `bufferedBytes` is above the high-water mark: wait for `drain`. */
  send(message: Uint8Array): boolean;
  /** Sends bytes that carry their gRPC prefixes already: one or more messages, or a part of one. */
  sendFramed(framed: Uint8Array): boolean;
}

export interface Peer {
  /** "address:port". */
  readonly address: string;
  readonly isTls: boolean;
}

/** A call as its server sees it. */
export interface ServerCall extends Call {
  readonly metadata: Metadata;
  readonly peer: Peer;
  /** From `grpc-timeout`, on the server's clock (`nowMs`). */
  readonly deadlineMs: number | undefined;
  /**
   * Lifts the bound of `unauthenticatedBytesMax` from this call, and opens the windows of its connection. Only
   * for methods that set that bound.
   */
  authenticated(): void;
  /** Optional; sent with the first message otherwise. */
  sendHeaders(metadata?: Metadata): void;
  /** Ends the call with a status. Messages sent before it are delivered first. */
  finish(status?: Partial<CallStatus>): void;
  /** `finish` with a failure's status, public text, `cmdop-code` and `cmdop-retry-after-ms` trailers. */
  fail(cause: unknown): void;
}

/** A call as its client sees it. */
export interface ClientCall extends Call {
  /** The response headers; rejects with a Failure when the call ends before them. */
  readonly headers: Promise<Metadata>;
  /** How it ended; never rejects. */
  readonly status: Promise<CallStatus>;
  /** Half-closes: no more messages from this side. */
  end(): void;
  /** Tells the server (RST_STREAM CANCEL) and ends the call with CANCELLED. */
  cancel(): void;
}
