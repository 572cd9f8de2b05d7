// The bounds of the live path's wire, shared by relay, agent and SDK. docs/reference/protocol.md explains them.

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** One gRPC message. A snapshot of a large screen with its scrollback is what comes near it. */
  messageBytesMax: 4 * MiB,
  /** The data of one Output or Input frame. */
  frameDataBytesMax: 64 * KiB,
  /** One paste, which is one Input whatever its size, so that nothing is written into its middle. */
  pasteBytesMax: 1 * MiB,
  /** What a peer may send on one call before it is authenticated. */
  unauthenticatedBytesMax: 16 * KiB,
  /** HTTP/2 windows: what one call, and all calls of a connection together, may have on the way to us. */
  streamWindowBytes: 2 * MiB,
  connectionWindowBytes: 8 * MiB,
  /** Windows of a connection on which nothing has been authenticated yet: the HTTP/2 defaults. */
  unauthenticatedWindowBytes: 65_535,
  /** Metadata of one call, as HTTP/2 counts it (RFC 9113, 6.5.2). */
  metadataBytesMax: 16 * KiB,
  metadataPairsMax: 64,
  /** Calls open at once on one connection: 256 homes and a margin, or 256 attachments of one SDK. */
  callsPerConnectionMax: 512,
  /** `send` answers false above this, and `drain` follows below a quarter of it. */
  sendBufferBytes: 256 * KiB,
  /** Silence after which a ping is sent, and the silence after that ping which means dead: 8 + 8 + 2 sweeps. */
  keepaliveIntervalMs: 8_000,
  keepaliveTimeoutMs: 8_000,
  keepaliveSweepMs: 1_000,
  /** A connection has this long for TLS, and then for its first call. */
  handshakeTimeoutMs: 10_000,
  /** A connection without a call is closed after this. */
  idleConnectionMs: 300_000,
  /** Bytes of output on the way to one attachment, not yet acknowledged. */
  creditBytesDefault: 512 * KiB,
  creditBytesMax: 4 * MiB,
  /** Output of a session that the relay keeps in memory. */
  windowBytes: 1 * MiB,
  /** One LogRequest is answered with at most this. */
  logRequestBytesMax: 1 * MiB,
} as const;
