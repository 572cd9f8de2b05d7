import { expect, it } from "vitest";
import { chatProtocol } from "./chat.ts";
import { CompletionCollector } from "./completion-stream.ts";
import type { JsonObject } from "./json-text.ts";
import type { Call } from "./protocol.ts";

const toChunk = (calls: readonly JsonObject[]) => ({
  choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: null }],
});
const numbered = (count: number) => Array.from({ length: count }, (_, index) => ({ index }));

it("many tool calls take a time that grows with them and not with their square", () => {
  const collector = new CompletionCollector();
  collector.push(toChunk(numbered(200_000)));
  expect(collector.calls.length).toBe(200_000);
});

it("a stream with more tool calls than anybody makes cannot be read", () => {
  const call: Pick<Call, "body"> = { body: {} };
  const see = (calls: readonly JsonObject[], times = 1) => {
    const watch = chatProtocol.createWatch(call as Call);
    const event = new TextEncoder().encode(`data: ${JSON.stringify(toChunk(calls))}\n\n`);
    let kind = "";
    for (let time = 0; time < times; time += 1) kind = watch.see(event).kind;
    return kind;
  };
  const pieces = Array.from({ length: 1_000 }, () => ({ index: 0, function: { arguments: "{" } }));
  expect([see(numbered(65_536)), see(pieces, 100)]).toEqual(["chunk", "chunk"]);
  expect(see(numbered(65_537))).toBe("unreadable");
  expect(
    see(
      [
        { index: 0, function: { name: "a" } },
        { index: 0, id: "b", function: { name: "b" } },
      ],
      40_000,
    ),
  ).toBe("unreadable");
});
