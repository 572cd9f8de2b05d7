import type { Clock, Failure } from "@cmdop/base";
import type { ClientCall } from "./call.ts";
import type { Metadata } from "./metadata.ts";
import type { TransportOptions } from "./transport.ts";

/** `plaintext` is for loopback: whether it is allowed is the caller's to decide. */
export type ChannelTls =
  | "plaintext"
  | {
      /** PEM of the authority to trust. */
      readonly ca?: string;
      /** Instead: `sha256:` and the base64url SHA-256 of the authority's SPKI; the server sends it in its chain. */
      readonly pinnedCa?: string;
      /** The name to verify; default the address's host. */
      readonly servername?: string;
    };

export interface ChannelOptions extends TransportOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: ChannelTls;
  readonly clock?: Clock;
  /** For TCP, TLS and HTTP/2 together; default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Of it, for each address of a name but the last; default 2.5 s. */
  readonly addressTimeoutMs?: number;
  /** Ends the attempt to connect; the channel itself ends by `close`. */
  readonly signal?: AbortSignal;
  /** Largest inbound message; default `limits.messageBytesMax`. */
  readonly messageBytesMax?: number;
}

export interface CallOptions {
  readonly metadata?: Metadata;
  /** From now; sent as `grpc-timeout` and kept on this side too. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface UnaryResponse {
  readonly message: Buffer;
  readonly headers: Metadata;
  readonly trailers: Metadata;
}

/** One HTTP/2 connection. It does not redial: who opened it opens another. */
export interface Channel {
  /** "address:port" as connected. */
  readonly peer: string;
  readonly isOpen: boolean;
  /** The server wants no new calls (GOAWAY); those that run go on. */
  readonly isDraining: boolean;
  readonly calls: number;
  /** Resolves when the connection is over: with why, or with undefined after `close`. Never rejects. */
  readonly closed: Promise<Failure | undefined>;
  /** Resolves when the server sent GOAWAY or the connection is over. */
  readonly draining: Promise<void>;
  /** A closed or draining channel gives a call that ends with `connection_lost` or `draining`. */
  open(path: string, options?: CallOptions): ClientCall;
  /** One request, one response; rejects with a Failure. */
  unary(path: string, request: Uint8Array, options?: CallOptions): Promise<UnaryResponse>;
  /** Lets running calls end for at most `graceMs` (default 0: cancels them), then closes the connection. */
  close(graceMs?: number): Promise<void>;
}
