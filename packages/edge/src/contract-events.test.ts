import { expect, it } from "vitest";
import { parseEdgeEvent } from "./contract.ts";

const settlement = {
  kind: "usage",
  atMs: 1_764_000_000_000,
  requestId: "req_1",
  fleet: "flt_1",
  tokenId: "tok_1",
  accountId: null,
  machineId: null,
  endpoint: "chat",
  requestedModel: null,
  model: null,
  provider: null,
  inputTokens: 11,
  outputTokens: 7,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  searches: 0,
  costMicros: null,
  isEstimated: false,
  end: "finished",
  attempts: 1,
  durationMs: 5,
};

it.each(["inputTokens", "outputTokens", "cachedInputTokens", "reasoningTokens", "searches", "costMicros"])(
  "a settlement whose %s would overflow a day's sum is refused alone",
  (name) => {
    expect(parseEdgeEvent({ ...settlement, [name]: 1e12 })).toMatchObject({ [name]: 1e12 });
    expect(parseEdgeEvent({ ...settlement, [name]: 9e15 })).toBeUndefined();
  },
);
