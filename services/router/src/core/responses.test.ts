import { describe, expect, it } from "vitest";
import type { Call } from "./protocol.ts";
import { responsesProtocol } from "./responses.ts";
import type { ProviderEntry } from "./route-table.ts";

const call = (body: Call["body"]): Call => ({
  ...{ protocol: responsesProtocol, body, model: "m", isStream: false, inputChars: 0 },
  ...{ contentType: "application/json", headers: {}, toBody: () => "" },
});

describe("a response that goes on from an earlier one", () => {
  it.each<[string, ProviderEntry, string | undefined]>([
    ["OpenAI itself, which keeps them", { name: "openai", kind: "openai", isCustom: false }, undefined],
    ["a server of one's own", { name: "local", kind: "openai", isCustom: true }, "unsupported_value"],
    ["OpenRouter", { name: "openrouter", kind: "openrouter", isCustom: false }, "unsupported_value"],
    ["the demonstration model", { name: "demo", kind: "demo", isCustom: false }, "endpoint_not_served"],
  ])("at %s", (_name, provider, row) => {
    const refusal = responsesProtocol.refusedBy(call({ previous_response_id: "resp_1" }), provider);
    expect(refusal?.row).toBe(row);
  });

  it("and one that goes on from none is taken by any server", () => {
    const local: ProviderEntry = { name: "local", kind: "openai", isCustom: true };
    expect(
      [{}, { previous_response_id: null }].map((body) => responsesProtocol.refusedBy(call(body), local)),
    ).toEqual([undefined, undefined]);
  });
});
