import type { Clock } from "@cmdop/base";
import { type BudgetAlert, BudgetBook } from "../../core/budgets.ts";
import type { Budgets, Caller, UsageSink } from "../../ports.ts";

/** Counts what is settled against the budgets of who asked. A model whose price is not known costs nothing here. */
export const createBudgetKeeper = (options: {
  readonly clock: Clock;
  readonly alert: (alert: BudgetAlert) => void;
}): Budgets & UsageSink => {
  const { clock, alert } = options;
  const book = new BudgetBook();
  return {
    check: (caller) =>
      caller.budgets.length === 0 ? undefined : book.check(caller.budgets, clock.wallMs(), keyText(caller)),
    record: ({ cost }, { budgets }) => {
      if (cost === undefined || cost === 0 || budgets.length === 0) return;
      for (const reached of book.spend(budgets, Math.round(cost * 1_000_000), clock.wallMs())) alert(reached);
    },
  };
};

/** By what stands in lists of keys: neither can be used as one. */
const keyText = ({ keyId, account }: Caller): string =>
  account ? `The API key ${keyId} (fingerprint ${account.fingerprint})` : `The API key ${keyId}`;
