// Bounds of the scheduler, with their arithmetic.

export const schedulerLimits = {
  /** Schedules that one transaction settles: each holds its row until the commit. */
  schedulesPerStep: 50,
  /** Transactions in a row before leases are looked at again. */
  stepsPerPass: 20,
  /** Looked at again after this time even when nothing is due and nobody has called. */
  pollMs: 15_000,
  /** And not sooner than this when what is due is in another process's hands. */
  pollMsMin: 1_000,
  /** Runs that one process carries at once; further ones wait, or another process takes them. */
  runsMax: 64,
  /** Machines of one run that are started at once. */
  machinesAtOnce: 16,
  /** How long a run belongs to the process that carries it, and how often that says that it lives. */
  leaseMs: 30_000,
  renewMs: 10_000,
  /** Over a run's timeout: the machine ends the execution itself; after that its end may still be told. */
  tellingMs: 60_000,
  /** Runs and passed dues are kept this long. */
  historyMs: 90 * 86_400_000,
  pruneEveryMs: 3_600_000,
  pruneRows: 1_000,
} as const;
