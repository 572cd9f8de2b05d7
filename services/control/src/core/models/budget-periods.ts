// When a budget's count starts again, in UTC.
export const budgetPeriods = ["day", "month", "total"] as const;
export type BudgetPeriod = (typeof budgetPeriods)[number];

export const alertPercents = [80, 95, 100] as const;

const dayMs = 86_400_000;

/** The first day that counts, `YYYY-MM-DD`. */
export const periodStart = (period: BudgetPeriod, nowMs: number): string => {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  switch (period) {
    case "day":
      return today;
    case "month":
      return `${today.slice(0, 8)}01`;
    case "total":
      return "1970-01-01";
  }
};

/** When the count starts again; undefined: never. */
export const periodEndMs = (period: BudgetPeriod, nowMs: number): number | undefined => {
  const now = new Date(nowMs);
  switch (period) {
    case "day":
      return Math.floor(nowMs / dayMs) * dayMs + dayMs;
    case "month":
      return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
    case "total":
      return undefined;
  }
};

/** The highest mark that `spent` has reached; 0: none. A limit of nothing is reached by anything. */
export const reachedPercent = (spentMicros: number, limitMicros: number): number =>
  alertPercents.findLast((percent) => spentMicros * 100 >= limitMicros * percent) ?? 0;
