// Every bound of the relay's core, with its arithmetic. What happens at a bound stands beside it.

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;

export const limits = {
  // Output
  /** Output kept per session, with the cost of each chunk counted; the oldest goes. 1.5 MiB per active session. */
  windowBytes: 1 * MiB,
  /** What one kept chunk costs beside its bytes (measured), so that a window of single bytes is bounded: about 4,000. */
  chunkOverheadBytes: 256,
  /** Credit of an attachment that names none; 512 KiB at 100 ms round trip is 5 MB/s. */
  creditBytes: 512 * KiB,
  creditBytesMin: 16 * KiB,
  /** 256 attachments x 4 MiB = 1 GiB in the worst case of one session: only for who asks. */
  creditBytesMax: 4 * MiB,
  /** A paused terminal continues without a gap over at most this much, or its credit if that is more. */
  resumeBytes: 256 * KiB,
  /** A terminal further behind than this gets gap and snapshot instead of the log. */
  terminalReplayBytesMax: 4 * MiB,
  /** One step of reading the host's log for one attachment. */
  logStepBytes: 256 * KiB,
  /** Log requests of one session under way at once: 4 x 256 KiB in front of live output. */
  logRequestsMax: 4,
  /** What arrives from a home while older bytes are fetched; the host keeps at most 1 MiB unacknowledged. */
  fillBytesMax: 2 * MiB,
  /** Acknowledged to the home in steps: a quarter of what a host has unacknowledged at the least (64 KiB). */
  homeAckBytes: 16 * KiB,
  /**
   * A program that waits for its reader may run ahead of the slowest by this, and then stands still: far enough that it
   * never does for a reader that keeps up, and well within the 64 MiB that a host's log holds.
   */
  readerLagBytes: 8 * MiB,
  /** An attachment that asks for more than this beyond the head is refused at once; a host lags at most so much. */
  aheadBytesMax: 4 * MiB,
  /** Long enough for a home that stalls; who made the offset up waits in vain. */
  aheadMs: 10 * second,
  /** A snapshot that does not come is asked for again, then the attachment ends with timed_out. */
  snapshotRetryMs: 5 * second,
  snapshotDeadlineMs: 15 * second,
  logDeadlineMs: 15 * second,
  /** More than this unsent at a sink beside its credit ends the attachment with slow_consumer. */
  unsentBytesMax: 8 * MiB,
  /** More than this unsent at a home refuses input with BUSY, and signals, leases and closes with rate_limited. */
  homeUnsentBytesMax: 4 * MiB,
  /** More than this ends a home with slow_consumer: of what is not refused, such as acknowledgements, nothing else would. */
  homeUnsentEndBytes: 16 * MiB,
  /** More than this unsent at a link refuses what would be ordered there with rate_limited, and orders no homes. */
  linkUnsentBytesMax: 4 * MiB,

  // Parties
  attachmentsPerSession: 256,
  liveSessionsPerMachine: 256,
  /** Ended sessions that a host may list; the oldest are left out. */
  endedSessionsPerMachine: 1000,
  links: 10_000,
  /** Attaches that wait for a session that this relay does not know (yet). */
  arrivalsMax: 20_000,
  /** After a relay's restart an operator may be faster than the agent. */
  arrivalMs: 10 * second,
  /** Openings that wait for a machine in the time after a restart. */
  earlyOpeningsMax: 1_000,
  attachesPerSecond: 50,
  /** A program with hundreds of attachments comes back at once when the relay was restarted. */
  attachesBurst: 500,
  /** Lists, and names resolved for tickets: each may look at every session of the relay. Apart from attaches. */
  lookupsPerSecond: 50,
  /** A program with hundreds of attachments gets a ticket for each at once when the relay was restarted. */
  lookupsBurst: 500,
  /** Of each of the two rates. */
  rateKeysMax: 50_000,
  presenceListed: 128,

  // Time
  presenceIntervalMs: 250,
  /** Resizes that no input waits for; 10 per second at most. */
  resizeIntervalMs: 100,
  sweepIntervalMs: 1 * second,
  heartbeatIntervalMs: 30 * second,
  /** Three heartbeats missed. */
  offlineAfterMs: 90 * second,
  graceMs: 30 * second,
  orderDeadlineMs: 15 * second,
  /** A home that was ordered and did not come is ordered again after this, doubled up to the maximum. */
  homeRetryMs: 2 * second,
  homeRetryMaxMs: 30 * second,
  /** Between the hello of a home and the order for the next one, when it goes at once. */
  homeAgainMs: 250,
  greetingMs: 10 * second,
  endedHomeIdleMs: 60 * second,
  idempotencyMs: 10 * minute,
  idempotencyKeysMax: 10_000,
  idempotencyKeyChars: 128,
  /** An offline machine that nobody is attached to is forgotten; it registers again when it returns. */
  offlineRetentionMs: 60 * minute,
  /** Of those, with all that is known of their sessions; the one that went first is forgotten first. */
  offlineMachinesMax: 10_000,
  /** One of which it is not known whether it is still in its fleet: time for its agent to get a new token and link. */
  unknownRetentionMs: 3 * minute,
  drainMs: 10 * second,

  // Values from peers
  viewportCellsMax: 2000,
  pageSize: 100,
  pageSizeMax: 500,
  candidatesNamed: 5,
  prefixCharsMin: 2,
} as const;

export type Limits = { readonly [Name in keyof typeof limits]: number };
