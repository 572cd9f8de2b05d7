// Bounds of an edge. Each has a named result.
export const edgeLimits = {
  /** Answers kept; the least recently used leaves. About 1 KiB each. */
  answersMax: 20_000,
  /**
   * Answers on disk, for a restart inside an outage: the most recently asked for. In memory as well, sealed; 16 MiB at
   * the most. One that is larger than a copy may be (a list of thousands of machines) is not copied.
   */
  answerCopiesMax: 10_000,
  answerCopiesBytesMax: 16 * 1024 * 1024,
  answerCopyBytesMax: 256 * 1024,
  /** The file is written whole, at this pace at the most: 16 MiB every 32 s. What a crash may lose is as young. */
  answerCopiesBytesPerS: 512 * 1024,
  answerCopiesPauseMs: 1_000,
  /** Introspections under way at once; above it, what is unknown is refused with `authority_unavailable`. */
  introspectionsMax: 256,
  /**
   * Tokens that prove to be unknown, from one address: so many at once, then so many a second; above it
   * `too_many_unknown_tokens`. A good token from the same address is held up only while others of it are being asked
   * about, and one that is kept never.
   */
  unknownTokensBurst: 50,
  unknownTokensPerS: 1,
  unknownTokenAddressesMax: 10_000,
  /** An answer that a revocation overtook is asked for again so often, then `authority_unavailable`. */
  staleAnswersMax: 5,
  /** After a failed call, answers within the outage grace are used at once for so long, without waiting for another. */
  outagePauseMs: 1_000,
  /** Subjects whose revocation is remembered; above it the oldest leave and what is as old as they is not trusted. */
  fenceSubjectsMax: 200_000,

  connectTimeoutMs: 2_000,
  /** Until an answer's headers, and between two pieces of its body. */
  answerTimeoutMs: 2_500,
  answerBytesMax: 4 * 1024 * 1024,
  feedLineBytesMax: 64 * 1024,
  /** Key set, fleets and checkpoint are looked at so often. */
  snapshotIntervalMs: 30_000,

  /** Memory in front of the outbox's disk. */
  outboxQueueBytesMax: 4 * 1024 * 1024,
  outboxBytesMax: 256 * 1024 * 1024,
  outboxSegmentBytes: 4 * 1024 * 1024,
  tokenUsesMax: 10_000,
  tokenUseIntervalMs: 10_000,

  /** How long past its expiry a machine's token is taken while the control plane is away and the fleet allows it. */
  machineGraceMs: 24 * 3_600_000,
} as const;
