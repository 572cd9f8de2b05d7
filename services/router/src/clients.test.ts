// Client libraries above OpenAI's API, unmodified, through a whole router: LangChain.js and Vercel's AI SDK.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { tool as langChainTool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { generateObject, generateText, stepCountIs, streamObject, streamText, tool } from "ai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { RouterFixture, routerKey } from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

beforeEach(async () => {
  fixture = await RouterFixture.open();
});

afterEach(() => fixture.close());

const person = z.object({ name: z.string(), age: z.number() });
const fitting = { name: "Müller", age: 41 };
const weather = { name: "weather", arguments: '{"city":"Köln"}' };
const city = z.object({ city: z.string() });

describe("LangChain.js", () => {
  const model = (): ChatOpenAI =>
    new ChatOpenAI({
      model: "lone",
      apiKey: routerKey,
      maxRetries: 0,
      configuration: { baseURL: `${fixture.url}/v1` },
    });

  it("gets a message with its usage, and a stream", async () => {
    const plain = await model().invoke("Hello");
    expect(plain).toMatchObject({ text: fixture.a.text, usage_metadata: { output_tokens: 7 } });
    let streamed = "";
    for await (const chunk of await model().stream("Hello")) streamed += chunk.text;
    expect(streamed).toBe(fixture.a.text);
  });

  it("gets the calls of its tools, and goes on with their results", async () => {
    const asked = langChainTool(({ city: where }) => `rain in ${where}`, {
      name: "weather",
      description: "The weather of a city.",
      schema: city,
    });
    fixture.a.answerNext({ toolCalls: [weather] });
    const first = await model().bindTools([asked]).invoke("Weather?");
    const [call] = first.tool_calls ?? [];
    expect([call?.name, call?.args]).toEqual(["weather", { city: "Köln" }]);
    const result = await asked.invoke({
      name: "weather",
      args: { city: "Köln" },
      id: call?.id ?? "",
      type: "tool_call",
    });
    const last = await model().invoke([{ role: "user", content: "Weather?" }, first, result]);
    expect(last.text).toBe(fixture.a.text);
    expect(fixture.a.requests.at(-1)?.text).toContain("rain in Köln");
  });

  it.each(["jsonSchema", "functionCalling"] as const)("gets an object by %s", async (method) => {
    fixture.a.answerNext(
      method === "jsonSchema"
        ? { text: JSON.stringify(fitting) }
        : { toolCalls: [{ name: "person", arguments: JSON.stringify(fitting) }] },
    );
    const structured = model().withStructuredOutput(person, { name: "person", method });
    expect(await structured.invoke("Who?")).toEqual(fitting);
  });

  it("gets an object from a provider that knows no schemas", async () => {
    fixture.a.lacks.add("json_schema");
    fixture.a.answerNext({ toolCalls: [{ name: "person", arguments: JSON.stringify(fitting) }] });
    const structured = model().withStructuredOutput(person, { name: "person", method: "jsonSchema" });
    expect(await structured.invoke("Who?")).toEqual(fitting);
  });

  it("gets embeddings", async () => {
    const embeddings = new OpenAIEmbeddings({
      model: "lone",
      apiKey: routerKey,
      maxRetries: 0,
      configuration: { baseURL: `${fixture.url}/v1` },
    });
    expect(await embeddings.embedQuery("Hello")).toEqual([0.5, -0.25]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ endpoint: "embeddings", inputTokens: 11 });
  });
});

describe("Vercel's AI SDK", () => {
  const model = () =>
    createOpenAICompatible({
      name: "cmdop",
      baseURL: `${fixture.url}/v1`,
      apiKey: routerKey,
      supportsStructuredOutputs: true,
    })("lone");

  it("gets a text, plain and streamed", async () => {
    const plain = await generateText({ model: model(), prompt: "Hello" });
    const streamed = streamText({ model: model(), prompt: "Hello" });
    expect([plain.text, await streamed.text]).toEqual([fixture.a.text, fixture.a.text]);
  });

  it("gets an object, plain and streamed", async () => {
    fixture.a.answerNext({ text: JSON.stringify(fitting) }, { text: JSON.stringify(fitting) });
    const plain = await generateObject({ model: model(), schema: person, prompt: "Who?" });
    const streamed = streamObject({ model: model(), schema: person, prompt: "Who?" });
    let last: unknown;
    for await (const part of streamed.partialObjectStream) last = part;
    expect([plain.object, last]).toEqual([fitting, fitting]);
  });

  it("calls its tools in a stream, and goes on with their results", async () => {
    fixture.a.answerNext({ toolCalls: [weather] });
    const streamed = streamText({
      model: model(),
      prompt: "Weather?",
      stopWhen: stepCountIs(2),
      tools: {
        weather: tool({ inputSchema: city, execute: ({ city: where }) => `rain in ${where}` }),
      },
    });
    expect(await streamed.text).toBe(fixture.a.text);
    expect(fixture.a.requests.at(-1)?.text).toContain("rain in Köln");
  });
});
