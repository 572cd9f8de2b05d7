// The fuzz of fuzz.test.ts on the embedded engine, whose one connection has ways to fail of its own.
import { testSeed } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { ControlFixture } from "./testing/control-fixture.ts";
import { expectAllIsWell, fuzzControl } from "./testing/fuzz/fuzz-control.ts";

const requests = Number(process.env.CMDOP_FUZZ_REQUESTS ?? 4_000);

it(
  `every operation answers ${requests} wild requests as its document promises, and fails at none`,
  async () => {
    expectAllIsWell(await fuzzControl({ requests, seed: testSeed() }));
  },
  60_000 + requests * 60,
);

it("a body nested 9,000 deep is refused before it is hashed for its Idempotency-Key", async () => {
  const fixture = await ControlFixture.open();
  const owner = await fixture.addAccount("nested", "owner");
  const answer = await fetch(`${fixture.url}/v1/account/logins/end-others`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${owner.token}`,
      "content-type": "application/json",
      "idempotency-key": "once",
    },
    body: "[".repeat(9_000) + "]".repeat(9_000),
  });
  expect(await answer.json()).toMatchObject({ code: "invalid_argument" });
  await fixture.close();
});
