import { describe, expect, it } from "vitest";
import { type Budget, BudgetBook } from "./budgets.ts";

const budget = (change: Partial<Budget> = {}): Budget => ({
  id: "key/1",
  of: "key",
  limitMicros: 1_000,
  spentMicros: 0,
  resetsAtMs: null,
  every: undefined,
  isHard: true,
  ...change,
});

describe("a budget", () => {
  it("lets go on until it is used up, then refuses (I1, I3)", () => {
    const book = new BudgetBook();
    expect(book.check([budget()], 0)).toBeUndefined();
    book.spend([budget()], 999, 0);
    expect(book.check([budget()], 0)).toBeUndefined();
    book.spend([budget()], 5, 0);
    expect(book.check([budget()], 0)).toMatchObject({
      status: 402,
      code: "insufficient_quota",
      shouldRetry: false,
    });
  });

  it.each([
    [{}, null, "The API key may spend no more: its own budget, $0.00, is used up. It does not start again."],
    [
      { of: "fleet", period: "month", limitMicros: 20_000_000, listedId: "bud_1" } as const,
      Date.UTC(2026, 11, 1),
      "key 4fQ0 may spend no more: the budget of its fleet bud_1, $20.00 a month, is used up. It starts again at 2026-12-01T00:00:00.000Z.",
    ],
  ])("that is used up is named, with its key and when it starts again: %j", (change, resetsAtMs, text) => {
    const used = budget({ limitMicros: 1_000, spentMicros: 20_000_000, resetsAtMs, ...change });
    const key = text.startsWith("key") ? ["key 4fQ0"] : [];
    expect(new BudgetBook().check([used], 0, ...key)?.message).toBe(text);
  });

  it("takes the control plane's count as a floor, an older answer changes nothing (I2)", () => {
    const book = new BudgetBook();
    book.spend([budget()], 400, 0);
    expect(book.check([budget({ spentMicros: 300 })], 0)).toBeUndefined();
    book.spend([budget({ spentMicros: 300 })], 500, 0);
    expect(book.check([budget({ spentMicros: 990 })], 0)).toBeUndefined();
    expect(book.check([budget({ spentMicros: 0 })], 0)).toBeUndefined();
    book.spend([budget()], 10, 0);
    expect(book.check([budget()], 0)?.status).toBe(402);
    expect(book.check([budget({ limitMicros: 2_000 })], 0)).toBeUndefined();
  });

  it("starts again at its time, before the control plane has said so, and carries what was spent since", () => {
    const book = new BudgetBook();
    const full = budget({ spentMicros: 1_000, resetsAtMs: 100 });
    expect(book.check([full], 99)?.message).toContain("1970-01-01T00:00:00.100Z");
    expect(book.check([full], 100)).toBeUndefined();
    book.spend([full], 600, 100);
    const next = budget({ spentMicros: 0, resetsAtMs: 200 });
    book.spend([next], 400, 150);
    expect(book.check([next], 150)?.status).toBe(402);
    expect(book.check([next], 200)).toBeUndefined();
  });

  it.each([
    ["day", Date.UTC(2026, 0, 31, 23, 59), Date.UTC(2026, 1, 1)],
    ["month", Date.UTC(2026, 11, 31), Date.UTC(2027, 0, 1)],
  ] as const)("of a %s starts again by itself", (every, full, again) => {
    const book = new BudgetBook();
    book.spend([budget({ every })], 1_000, full);
    expect(book.check([budget({ every })], full)?.status).toBe(402);
    expect(book.check([budget({ every })], again - 1)?.status).toBe(402);
    expect(book.check([budget({ every })], again)).toBeUndefined();
  });

  it("tells at 80 and at 100 per cent, once each; a soft one refuses nothing", () => {
    const book = new BudgetBook();
    const soft = budget({ isHard: false });
    const told = [700, 100, 10, 500, 500].map((micros) =>
      book.spend([soft], micros, 0).map(({ percent }) => percent),
    );
    expect([told, book.check([soft], 0)]).toEqual([[[], [80], [], [100], []], undefined]);
  });

  it("of a fleet is one for all of its keys", () => {
    const book = new BudgetBook();
    const fleet = budget({ id: "fleet/1", of: "fleet" });
    book.spend([budget({ id: "key/1" }), fleet], 600, 0);
    book.spend([budget({ id: "key/2" }), fleet], 600, 0);
    expect(book.check([budget({ id: "key/2" })], 0)).toBeUndefined();
    expect(book.check([budget({ id: "key/2" }), fleet], 0)?.message).toContain("its fleet");
  });
});
