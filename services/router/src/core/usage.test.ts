import { describe, expect, it } from "vitest";
import { Meter, readTokens } from "./usage.ts";

describe("readTokens", () => {
  it.each([
    [
      "chat",
      {
        prompt_tokens: 5,
        completion_tokens: 3,
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
      { input: 5, output: 3, cachedInput: 2, reasoning: 1, cost: undefined },
    ],
    [
      "Responses",
      { input_tokens: 5, output_tokens: 3, output_tokens_details: { reasoning_tokens: 1 } },
      { input: 5, output: 3, cachedInput: 0, reasoning: 1, cost: undefined },
    ],
    [
      "OpenRouter's cost",
      { prompt_tokens: 1, completion_tokens: 1, cost: 0.5 },
      { input: 1, output: 1, cachedInput: 0, reasoning: 0, cost: 0.5 },
    ],
    [
      "nonsense",
      { prompt_tokens: 4, completion_tokens: "3", cost: -1 },
      { input: 4, output: 0, cachedInput: 0, reasoning: 0, cost: undefined },
    ],
    [
      "more than there can be",
      { prompt_tokens: 1e300, completion_tokens: 9e15, cost: 1e300 },
      { input: 1e9, output: 1e9, cachedInput: 0, reasoning: 0, cost: 1e6 },
    ],
    ["nothing but nonsense", { prompt_tokens: -1, completion_tokens: "3", cost: -1 }, undefined],
    ["an object without a word", {}, undefined],
    [
      "Anthropic's, whose cache is beside the input",
      {
        input_tokens: 5,
        cache_read_input_tokens: 1_000,
        cache_creation_input_tokens: 200,
        output_tokens: 3,
      },
      { input: 1_205, output: 3, cachedInput: 1_000, reasoning: 0, cost: undefined },
    ],
    ["none", null, undefined],
  ])("%s", (_name, usage, expected) => {
    expect(readTokens(usage)).toEqual(expected);
  });
});

describe("a meter", () => {
  const price = { input: 1, output: 2 };
  const tokens = { input: 10, output: 20, cachedInput: 0, reasoning: 0, cost: undefined };

  it("settles once (I1), with what was reported last", () => {
    const meter = new Meter(400);
    meter.accepted();
    meter.reported({ ...tokens, output: 1 });
    meter.reported(tokens);
    expect(meter.settle("finished", price)).toMatchObject({
      inputTokens: 10,
      outputTokens: 20,
      cost: 0.00005,
      isEstimated: false,
    });
    expect(meter.settle("aborted", price)).toBeUndefined();
  });

  it("estimates an answer that was left, and says so (I3)", () => {
    const meter = new Meter(400);
    meter.accepted();
    meter.received(40);
    expect(meter.settle("aborted", price)).toMatchObject({
      inputTokens: 100,
      outputTokens: 10,
      isEstimated: true,
    });
  });

  it("estimates what was received after the last report, and says so (I3)", () => {
    const meter = new Meter(400);
    meter.accepted();
    meter.reported({ ...tokens, output: 1 });
    meter.received(400);
    meter.reported({ ...tokens, output: 1 });
    expect(meter.settle("aborted", price)).toMatchObject({
      inputTokens: 10,
      outputTokens: 101,
      cost: 0.000212,
      isEstimated: true,
    });
  });

  it("takes the last report of a whole answer as it is, though its start said no less", () => {
    const meter = new Meter(400);
    meter.accepted();
    meter.reported({ ...tokens, output: 8 });
    meter.received(12);
    meter.reported({ ...tokens, output: 4 });
    expect(meter.settle("finished", price)).toMatchObject({ outputTokens: 4, isEstimated: false });
  });

  it("takes a report for all that was received before it", () => {
    const meter = new Meter(400);
    meter.accepted();
    meter.received(400);
    meter.reported(tokens);
    expect(meter.settle("aborted", price)).toMatchObject({ outputTokens: 20, isEstimated: false });
  });

  it.each([
    ["never accepted", false],
    ["started anew", true],
  ])("counts nothing of what was %s", (_name, isAccepted) => {
    const meter = new Meter(400);
    if (isAccepted) meter.accepted();
    meter.restart();
    expect(meter.settle("failed", price)).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      isEstimated: false,
    });
  });
});

it("what a request cost has a bound, whatever price its caller gave the model", () => {
  const meter = new Meter(0);
  meter.accepted();
  meter.reported({ input: 10, output: 10, cachedInput: 0, reasoning: 0, cost: undefined });
  expect(meter.settle("finished", { input: 1e300, output: 1e300 })?.cost).toBe(1e6);
});
