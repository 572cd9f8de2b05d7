// What a key may spend, through a whole router: 402 over the budget, and not before.
import { createHash } from "node:crypto";
import { leakCheck, waitFor } from "@cmdop/testkit";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BudgetAlert } from "./core/budgets.ts";
import { RouterFixture } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;
let alerts: BudgetAlert[];

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");

/** A request costs 11 + 7 × 2 millionths of a dollar. */
beforeEach(async () => {
  alerts = [];
  fixture = await RouterFixture.open({
    routes: `
providers: { a: { url: $A, keys: [env:KEY_A] } }
models:
  priced: { provider: a, price: { input: 1, output: 2 } }
  free: { provider: a }
callers:
  - { id: poor, sha256: ${sha256("poor-key")}, budget: { usd: 0.00006 } }
  - { id: rich, sha256: ${sha256("rich-key")} }
`,
    onBudgetAlert: (alert) => alerts.push(alert),
  });
});

afterEach(() => fixture.close());

const ask = async (key: string, change: Record<string, unknown> = {}): Promise<number> => {
  const response = await fixture.post(
    "/v1/chat/completions",
    { model: "priced", messages: [], ...change },
    { headers: { "x-api-key": key } },
  );
  await response.text();
  return response.status;
};

describe("a budget", () => {
  it.each([false, true])("ends with 402 what is asked after it is used up (stream %s)", async (stream) => {
    const statuses = [await ask("poor-key", { stream }), await ask("poor-key", { stream })];
    expect(await ask("poor-key", { stream })).toBe(200);
    await waitFor(() => fixture.usage.length === 3);
    const client = new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: "poor-key", maxRetries: 2 });
    const refused = await client.chat.completions
      .create({ model: "priced", messages: [] })
      .catch((error: unknown) => error);
    expect(statuses).toEqual([200, 200]);
    expect(refused).toMatchObject({
      status: 402,
      code: "insufficient_quota",
      type: "insufficient_quota",
      param: null,
    });
    expect(fixture.a.requests.length).toBe(3);
    expect([
      await ask("rich-key"),
      (await fixture.get("/v1/models", { "x-api-key": "poor-key" })).status,
    ]).toEqual([200, 200]);
  });

  it("is told at 80 and 100 per cent, to whoever listens and in the log", async () => {
    for (let request = 0; request < 3; request += 1) await ask("poor-key");
    await waitFor(() => alerts.length === 2);
    expect(alerts.map(({ percent, spentMicros }) => [percent, spentMicros])).toEqual([
      [80, 50],
      [100, 75],
    ]);
    expect(fixture.logged.text.match(/"budget.reached"/g)?.length).toBe(2);
  });

  it("is not touched by what has no price, and not by what failed before it cost anything", async () => {
    fixture.a.failNext({ kind: "status", status: 400 });
    expect(await ask("poor-key")).toBe(400);
    for (let request = 0; request < 5; request += 1)
      expect(await ask("poor-key", { model: "free" })).toBe(200);
    expect(await ask("poor-key")).toBe(200);
  });
});

it("a machine that the caller names stands in what is settled", async () => {
  const body = { model: "priced", messages: [] };
  await fixture.post("/v1/chat/completions", body, {
    headers: { "x-api-key": "rich-key", "x-cmdop-machine": "mch_1" },
  });
  await waitFor(() => fixture.usage.length === 1);
  expect(fixture.usage[0]).toMatchObject({ keyId: "rich", machineId: "mch_1", cost: 0.000025 });
  expect(fixture.a.requests[0]?.headers["x-cmdop-machine"]).toBeUndefined();
});
