const KiB = 1024;
const MiB = 1024 * KiB;
const minute = 60_000;
const day = 24 * 60 * minute;

/** The session host's bounds. docs/reference/protocol.md explains those that a peer meets. */
export const hostLimits = {
  liveSessionsMax: 256,
  /** A home for each session, two of each while a relay drains. */
  connectionsMax: 1024,
  homesPerSessionMax: 8,
  /** Data of one Output frame: at most the wire's limit. */
  outputFrameBytes: 64 * KiB,
  /** Output of a session kept as frames for homes that lag; past it a terminal gets gap and snapshot. */
  backlogBytes: 4 * MiB,
  /** Output on its way to one home that has not been acknowledged: between these, as the path takes it. */
  unackedBytesMin: 64 * KiB,
  unackedBytesMax: 1 * MiB,
  /** Bytes that a home's socket may hold before nothing more is given to it. */
  socketBufferBytes: 512 * KiB,
  /** What one LogRequest is answered with, and how many may wait on one home. */
  logRequestBytesMax: 1 * MiB,
  logRequestsMax: 64,
  snapshotRequestsMax: 16,
  /** Input taken from operators that the program has not read yet. */
  unwrittenInputBytesMax: 1 * MiB,
  /** Input sequences remembered per session; each is one client that typed. */
  inputStreamsMax: 1_024,
  operatorCharsMax: 256,
  streamBytesMax: 64,
  /** After its last input an AI's lease ends; after its holder is gone, anybody's. */
  aiLeaseMs: 4_000,
  absentHolderMs: 30_000,
  closeGraceMs: 5_000,
  closeGraceMsMax: 10 * minute,
  idleMsDefault: 7 * day,
  /**
   * Waiting for the screen's answer about paste mode: its thread may still be starting. Without an answer a paste is
   * not bracketed, and its lines run as they come: that is worth a wait.
   */
  screenModesMs: 5_000,
  /** Output log of one session on disk, one of its files, and all that ended sessions may keep. */
  logBytesMax: 64 * MiB,
  segmentBytes: 4 * MiB,
  endedSessionsMax: 200,
  endedSessionsMs: 7 * day,
  /** A wall clock that is wrong at the machine's start has been set by then. */
  endedSettleMs: 60 * minute,
  endedSessionsBytesMax: 2_048 * MiB,
  preambleMs: 5_000,
  argvMax: 1_024,
  argvBytesMax: 256 * KiB,
  colsMax: 1_000,
  rowsMax: 1_000,
  scrollbackLines: 2_000,
} as const;
