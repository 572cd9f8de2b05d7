export const storageLimits = {
  /** Connections to PostgreSQL; small queries on two cores gain nothing from more. */
  poolConnections: 10,
  /** Requests that wait for a connection; one more is refused with storage_busy. At 2 ms each, 2 s of work. */
  waitingMax: 1_000,
  /** What one who was refused is told to wait. */
  busyRetryAfterMs: 1_000,
  /** How long a request waits for a connection before it fails with storage_unavailable. */
  connectTimeoutMs: 10_000,
  /** A statement of a request on PostgreSQL; the embedded engine has no timers. */
  statementTimeoutMs: 30_000,
  /** A transaction that does nothing; its locks are given back. */
  idleTransactionTimeoutMs: 30_000,
} as const;
