// Every operation of the document, asked in every way that a program, a mistake or an attacker may: on PostgreSQL,
// with transactions beside one another; on the embedded engine in fuzz-embedded.test.ts. Together 20,000 requests.
// CMDOP_FUZZ_REQUESTS=200000 for a long run; CMDOP_TEST_SEED for the one that failed.
import { TemporaryPostgres, testSeed } from "@cmdop/testkit";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { createApiDocument } from "./server.ts";
import { expectAllIsWell, fuzzControl } from "./testing/fuzz/fuzz-control.ts";

const requests = Number(process.env.CMDOP_FUZZ_REQUESTS ?? 16_000);

describe("the API's document", () => {
  it("is a valid OpenAPI document", async () => {
    const document = (await createApiDocument()) as object;
    const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });
});

describe.skipIf(!TemporaryPostgres.isInstalled())("every operation, on PostgreSQL", () => {
  it(
    `answers ${requests} wild requests as its document promises, and fails at none`,
    async () => {
      const server = await TemporaryPostgres.start();
      try {
        const databaseUrl = server.url(await server.createDatabase());
        expectAllIsWell(await fuzzControl({ databaseUrl, requests, seed: testSeed() }));
      } finally {
        await server.close();
      }
    },
    60_000 + requests * 30,
  );
});
