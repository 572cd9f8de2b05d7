// One run: a tour by a well-behaved client, then wild requests, many of them made from what the tour asked.
import { FakeOperatorRelay } from "@cmdop/testkit";
import fc from "fast-check";
import { expect } from "vitest";
import { FakeMachines } from "../../scheduler/testing/fake-machines.ts";
import { ControlFixture } from "../control-fixture.ts";
import { TestIdentityProvider } from "../identity-provider.ts";
import { createAnswerCheck } from "./answer-check.ts";
import { type ApiDocument, routesOf } from "./api-document.ts";
import { arbitraryRequest, type WildRequest } from "./arbitrary-requests.ts";
import { WildClient } from "./wild-client.ts";

export interface FuzzOutcome {
  /** Each kind once, with the request that showed it. */
  readonly problems: readonly string[];
  /** Lines of the log that say that something failed. */
  readonly failures: readonly string[];
  readonly neverAnsweredWell: readonly string[];
  readonly operations: number;
  readonly requests: number;
  /** Of the operations, those that took a wild request. */
  readonly answeredWellWild: number;
  /** How often each status and code was given. */
  readonly summary: string;
}

/** Of the identity providers that wild requests make, none is there. */
const asksAbroad: ReadonlySet<string> = new Set(["beginOidc", "finishOidc", "beginLink"]);
const perBatch = 500;
const atOnce = 16;

export interface FuzzOptions {
  /** PostgreSQL; without it, the embedded engine. */
  readonly databaseUrl?: string;
  readonly requests: number;
  readonly seed: number;
}

export const fuzzControl = async ({ databaseUrl, requests, seed }: FuzzOptions): Promise<FuzzOutcome> => {
  const machines = new FakeMachines();
  // A run that the tour starts lasts until the tour cancels it.
  machines.endsAtOnce = false;
  const relay = await FakeOperatorRelay.start();
  const fixture = await ControlFixture.open({
    databaseUrl,
    commandRunner: machines.runner(),
    rateLimits: { enter: async () => undefined },
    isSentNoise: true,
    env: { CMDOP_CONTROL_RELAYS: relay.address, CMDOP_CONTROL_RELAY_CA_PIN: relay.caPin },
  });
  const identity = await TestIdentityProvider.open(
    `http://localhost:${fixture.control.port}/v1/sign-in/oidc-callback`,
  );
  try {
    const document = (await fixture.ask("GET", "/openapi.json")).body as ApiDocument;
    const routes = routesOf(document);
    const client = await WildClient.open(fixture, routes);
    const taken = await client.tour(identity);
    machines.endsAtOnce = true;
    const problems = await askAll(client, document, taken, { requests, seed });
    await client.close();
    return {
      problems,
      failures: fixture.log.lines.filter((line) => line.includes(".failed")),
      neverAnsweredWell: client.neverAnsweredWell,
      operations: routes.length,
      requests,
      answeredWellWild: client.answeredWellWild,
      summary: client.summary(),
    };
  } finally {
    identity.close();
    await fixture.close();
    await relay.close();
  }
};

const askAll = async (
  client: WildClient,
  document: ApiDocument,
  taken: readonly WildRequest[],
  { requests, seed }: Pick<FuzzOptions, "requests" | "seed">,
): Promise<readonly string[]> => {
  const check = createAnswerCheck(document, (id) => asksAbroad.has(id));
  const problems = new Map<string, string>();
  const take = async (asked: WildRequest): Promise<void> => {
    const { answer, sent } = await client.send(asked);
    const problem = check.problemOf(asked.route, answer);
    if (problem === undefined) return;
    const key = `${asked.route.operation.operationId}: ${problem}`;
    if (!problems.has(key)) problems.set(key, `${key}\n    ${sent.slice(0, 600)}`);
  };
  const wild = fc.oneof(...routesOf(document).map((route) => arbitraryRequest(document, route, taken)));
  for (let done = 0; done < requests; done += perBatch) {
    const batch = fc.sample(wild, { seed: seed + done, numRuns: Math.min(perBatch, requests - done) });
    await Promise.all(
      Array.from({ length: atOnce }, async (_, lane) => {
        for (let at = lane; at < batch.length; at += atOnce) await take(batch[at] as WildRequest);
      }),
    );
    await client.upkeep();
  }
  return [...problems.values()];
};

export const expectAllIsWell = (outcome: FuzzOutcome): void => {
  console.log(`${outcome.answeredWellWild} of ${outcome.operations} operations took one; ${outcome.summary}`);
  expect([...outcome.problems, ...outcome.failures].join("\n")).toBe("");
  // What is behind the checks is reached: each operation succeeds.
  expect(outcome.neverAnsweredWell).toEqual([]);
  const expectedShare = Math.min(0.5, outcome.requests / 6_000);
  expect(outcome.answeredWellWild).toBeGreaterThan(outcome.operations * expectedShare);
};
