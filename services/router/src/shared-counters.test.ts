// Limits of two routers that share their counters through a real Redis.
import { createHash } from "node:crypto";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RouterFixture } from "./testing/router-fixture.ts";
import { TemporaryRedis } from "./testing/temporary-redis.ts";

const key = "limited-key";
const messages = [{ role: "user", content: "Hello" }];

const routesWith = (limits: string): string => `
providers: { a: $A }
models: { lone: { provider: a } }
callers: [{ id: limited, sha256: ${createHash("sha256").update(key).digest("hex")}, limits: ${limits} }]
`;

describe.skipIf(!TemporaryRedis.isInstalled())("two routers with one Redis", () => {
  let redis: TemporaryRedis;
  let routers: readonly [RouterFixture, RouterFixture];
  let checkLeaks: () => Promise<void>;

  beforeAll(() => {
    checkLeaks = leakCheck();
  });

  afterAll(() => checkLeaks());

  beforeEach(async () => {
    redis = await TemporaryRedis.open();
  });

  afterEach(async () => {
    await Promise.all(routers.map((router) => router.close()));
    await redis.close();
  });

  const open = async (limits: string): Promise<void> => {
    const options = { routes: routesWith(limits), redisUrl: redis.url };
    routers = [await RouterFixture.open(options), await RouterFixture.open(options)];
  };

  const ask = async (router: RouterFixture): Promise<Response> => {
    const response = await router.post(
      "/v1/chat/completions",
      { model: "lone", messages },
      { headers: { "x-api-key": key } },
    );
    await response.text();
    return response;
  };

  const statuses = async (count: number): Promise<readonly number[]> => {
    const asked = Array.from({ length: count }, (_, index) => ask(routers[index % 2 === 0 ? 0 : 1]));
    return (await Promise.all(asked)).map(({ status }) => status);
  };

  const metrics = async ({ router }: RouterFixture): Promise<string> =>
    (await fetch(`http://127.0.0.1:${router.metricsPort}/metrics`)).text();

  it("answer together exactly the requests that a key has", async () => {
    await open("{ requests_per_minute: 20 }");
    const answered = await statuses(50);
    expect([200, 429].map((status) => answered.filter((one) => one === status).length)).toEqual([20, 30]);
    expect((await ask(routers[1])).headers.get("x-ratelimit-remaining-requests")).toBe("0");
  });

  it("see each other's tokens", async () => {
    await open("{ tokens_per_minute: 30 }");
    await ask(routers[0]);
    await waitFor(async () => (await ask(routers[1])).headers.get("x-ratelimit-remaining-tokens") !== "30");
    await waitFor(async () => (await ask(routers[0])).status === 429);
    expect((await ask(routers[1])).status).toBe(429);
  });

  it.each(["ends", "stalls"] as const)(
    "serve when it %s, each counting for itself, and share again",
    async (how) => {
      await open("{ requests_per_minute: 5 }");
      expect(await statuses(4)).toEqual([200, 200, 200, 200]);
      if (how === "ends") await redis.close();
      else redis.stall();
      const alone = await statuses(20);
      expect([200, 429].map((status) => alone.filter((one) => one === status).length)).toEqual([10, 10]);
      expect(routers.map(({ logged }) => logged.text.split('"event":"counters.away"').length - 1)).toEqual([
        1, 1,
      ]);
      expect(await metrics(routers[0])).toContain("cmdop_router_shared_counters_away 1");

      if (how === "ends") await redis.restart();
      else redis.continue();
      for (const router of routers) {
        await waitFor(
          async () => {
            await ask(router);
            return router.logged.text.includes('"event":"counters.back"');
          },
          { timeoutMs: 15_000, everyMs: 50 },
        );
      }
      expect(await metrics(routers[0])).toContain("cmdop_router_shared_counters_away 0");
      expect(await statuses(10)).not.toContain(500);
    },
  );
});

describe("a router whose Redis is not there when it starts", () => {
  it("serves, says so, and counts for itself", async () => {
    const router = await RouterFixture.open({
      routes: routesWith("{ requests_per_minute: 1 }"),
      redisUrl: "redis://:planted-password@127.0.0.1:1",
    });
    const ask = () =>
      router.post("/v1/chat/completions", { model: "lone", messages }, { headers: { "x-api-key": key } });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
    expect(router.logged.text).toContain("counters.away");
    expect(router.logged.text).not.toContain("planted-password");
    await router.close();
  });
});
