// Every operation of the document, asked in every way that a program, a mistake or an attacker may.
// CMDOP_FUZZ_REQUESTS=200000 for a long run; CMDOP_TEST_SEED for the one that failed.
import { testSeed } from "@cmdop/testkit";
import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiDocument } from "./server.ts";
import { ControlFixture } from "./testing/control-fixture.ts";
import { createAnswerCheck } from "./testing/fuzz/answer-check.ts";
import { type ApiDocument, routesOf } from "./testing/fuzz/api-document.ts";
import { arbitraryRequest, type WildRequest } from "./testing/fuzz/arbitrary-requests.ts";
import { WildClient } from "./testing/fuzz/wild-client.ts";

const requests = Number(process.env.CMDOP_FUZZ_REQUESTS ?? 4_000);
const perBatch = 500;
const atOnce = 16;
/** Foreign services that are not there in this test. */
const foreign: ReadonlySet<string> = new Set(["openSession", "issueTicket", "beginOidc", "finishOidc"]);
const seed = testSeed();

let fixture: ControlFixture;
let document: ApiDocument;
beforeAll(async () => {
  document = (await createApiDocument()) as ApiDocument;
  fixture = await ControlFixture.open({ rateLimits: { enter: async () => undefined } });
}, 60_000);
afterAll(() => fixture.close(), 60_000);

describe("the API's document", () => {
  it("is a valid OpenAPI document", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });
});

describe("what the fuzz has found", () => {
  it("a body nested 9,000 deep, which ran out of stack where an Idempotency-Key has it hashed", async () => {
    const owner = await fixture.addAccount("nested", "owner");
    const answer = await request(`${fixture.url}/v1/account/logins/end-others`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${owner.token}`,
        "content-type": "application/json",
        "idempotency-key": "once",
      },
      body: "[".repeat(9_000) + "]".repeat(9_000),
    });
    expect(await answer.body.json()).toMatchObject({ code: "invalid_argument" });
  });
});

describe("every operation", () => {
  it(
    `answers ${requests} wild requests as its document promises, and fails at none`,
    async () => {
      const client = await WildClient.open(fixture, routesOf(document));
      const check = createAnswerCheck(document, (id) => foreign.has(id));
      const problems = new Map<string, string>();
      const take = async (asked: WildRequest): Promise<void> => {
        const { answer, sent } = await client.send(asked);
        const problem = check.problemOf(asked.route, answer);
        if (problem === undefined) return;
        const key = `${asked.route.operation.operationId}: ${problem}`;
        if (!problems.has(key)) problems.set(key, `${key}\n    ${sent.slice(0, 600)}`);
      };
      const wild = fc.oneof(...routesOf(document).map((route) => arbitraryRequest(document, route)));
      for (let done = 0; done < requests; done += perBatch) {
        const batch = fc.sample(wild, { seed: seed + done, numRuns: perBatch });
        await Promise.all(
          Array.from({ length: atOnce }, async (_, lane) => {
            for (let at = lane; at < batch.length; at += atOnce) await take(batch[at] as WildRequest);
          }),
        );
      }
      await client.close();
      console.log(client.summary());
      expect([...problems.values()].join("\n")).toBe("");
      expect(fixture.log.lines.filter((line) => line.includes(".failed"))).toEqual([]);
      // It reaches the code behind the checks: two operations of five have answered well at least once.
      expect(client.answeredWell).toBeGreaterThan(routesOf(document).length * 0.4);
    },
    requests * 60,
  );
});
