// What callers may spend, counted live from settled prices. Pure: times are given.
//
// I1 A settlement counts once for each budget of its caller, at once: the next request sees it.
// I2 What the control plane says was spent is a floor: it hears of settlements later than they are counted here.
// I3 A request that is on its way when a budget is used up is answered; the next one is refused.
import { type Refusal, refuse } from "./refusals.ts";

export interface Budget {
  /** Who counts together: a key for itself, all keys of a fleet for the fleet's. */
  readonly id: string;
  readonly of: "key" | "member" | "machine" | "fleet";
  /** Millionths of a US dollar. */
  readonly limitMicros: number;
  /** When the budget was read, by the control plane's count. */
  readonly spentMicros: number;
  /** When it starts again; null: never, or `every` says it. */
  readonly resetsAtMs: number | null;
  /** In UTC. */
  readonly every: "day" | "month" | undefined;
  /** Over it, requests are refused; otherwise it is told alone. */
  readonly isHard: boolean;
  /** As the control plane's lists name it; undefined: it stands in no list. */
  readonly listedId?: string | undefined;
  readonly period?: "day" | "month" | "total" | undefined;
}

export interface BudgetAlert {
  readonly id: string;
  readonly of: Budget["of"];
  readonly percent: number;
  readonly spentMicros: number;
  readonly limitMicros: number;
}

interface Entry {
  spentMicros: number;
  readonly resetsAtMs: number | null;
  /** It has started again here, and the control plane has not said so yet. */
  readonly hasRestarted: boolean;
  toldPercent: number;
}

const alertPercents = [80, 100] as const;
/** Of them all; above it the one that was used least recently is forgotten and begins at what the control plane says. */
const entriesMax = 50_000;

export class BudgetBook {
  readonly #entries = new Map<string, Entry>();

  /** Undefined: the caller may go on. `key`: how the refusal names whose budgets they are. */
  check(budgets: readonly Budget[], nowMs: number, key = "The API key"): Refusal | undefined {
    for (const budget of budgets) {
      const entry = this.#entryOf(budget, nowMs);
      if (budget.isHard && entry.spentMicros >= budget.limitMicros) return overBudget(budget, entry, key);
    }
    return undefined;
  }

  /** Told once for a settlement; gives what was reached by it. */
  spend(budgets: readonly Budget[], micros: number, nowMs: number): readonly BudgetAlert[] {
    return budgets.flatMap((budget) => {
      const entry = this.#entryOf(budget, nowMs);
      entry.spentMicros += micros;
      const { id, of, limitMicros } = budget;
      const reached = alertPercents.findLast((percent) => entry.spentMicros * 100 >= limitMicros * percent);
      if (reached === undefined || reached <= entry.toldPercent) return [];
      entry.toldPercent = reached;
      return [{ id, of, percent: reached, spentMicros: entry.spentMicros, limitMicros }];
    });
  }

  #entryOf(budget: Budget, nowMs: number): Entry {
    const known = this.#entries.get(budget.id);
    const entry = current(budget, known, nowMs);
    // Set anew, so that the first is the one used least recently.
    this.#entries.delete(budget.id);
    this.#entries.set(budget.id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > entriesMax && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}

const current = (budget: Budget, known: Entry | undefined, nowMs: number): Entry => {
  const resetsAtMs = budget.every === undefined ? budget.resetsAtMs : nextStart(budget.every, nowMs);
  const isPast = resetsAtMs !== null && nowMs >= resetsAtMs;
  const base = isPast ? 0 : budget.spentMicros;
  if (known && known.resetsAtMs === resetsAtMs && (!isPast || known.hasRestarted)) {
    known.spentMicros = Math.max(known.spentMicros, base);
    return known;
  }
  const carried = known?.hasRestarted === true && !isPast ? known.spentMicros : 0;
  return { spentMicros: Math.max(base, carried), resetsAtMs, hasRestarted: isPast, toldPercent: 0 };
};

const nextStart = (every: "day" | "month", nowMs: number): number => {
  const now = new Date(nowMs);
  return every === "day"
    ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
    : Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
};

const toDollars = (micros: number): string => `$${(micros / 1_000_000).toFixed(2)}`;

const names: Readonly<Record<Budget["of"], string>> = {
  key: "its own budget",
  member: "the budget of its owner",
  machine: "the budget of its machine",
  fleet: "the budget of its fleet",
};

const overBudget = (budget: Budget, { resetsAtMs, hasRestarted }: Entry, key: string): Refusal => {
  const { of, limitMicros, every, period = every ?? "total", listedId } = budget;
  const rate = period === "total" ? "" : ` a ${period}`;
  const which = `${names[of]}${listedId === undefined ? "" : ` ${listedId}`}, ${toDollars(limitMicros)}${rate}`;
  return refuse("insufficient_quota", {
    message: `${key} may spend no more: ${which}, is used up.${againText(resetsAtMs, hasRestarted)}`,
  });
};

/** When it has started again here, the control plane says only later when it does so next. */
const againText = (resetsAtMs: number | null, hasRestarted: boolean): string => {
  if (resetsAtMs === null) return " It does not start again.";
  return hasRestarted ? "" : ` It starts again at ${new Date(resetsAtMs).toISOString()}.`;
};
