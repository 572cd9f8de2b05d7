// Structured output through a whole router: whatever the provider takes, the caller gets what its schema says, or is told.
import { leakCheck, type ProviderFeature, waitFor } from "@cmdop/testkit";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
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

const messages = [{ role: "user" as const, content: "Who?" }];
const schema = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const format = (of: unknown = schema, strict = true) => ({
  type: "json_schema",
  json_schema: { name: "person", strict, schema: of },
});
const none = { kind: "latency", ms: 0 } as const;
const fitting = '{"name":"Müller","age":41}';

interface Told {
  readonly status: number;
  readonly content?: string | null;
  readonly code?: string;
  readonly way: string | null;
  readonly requests: number;
}

const ask = async (body: Record<string, unknown> = {}, model = "lone"): Promise<Told> => {
  const response = await fixture.post("/v1/chat/completions", {
    model,
    messages,
    response_format: format(),
    ...body,
  });
  const answer = JSON.parse(await response.text());
  return {
    status: response.status,
    ...(answer.error ? { code: answer.error.code } : { content: answer.choices[0].message.content }),
    way: response.headers.get("x-router-structured"),
    requests: fixture.a.requests.length,
  };
};

const stream = async (body: Record<string, unknown> = {}) => {
  const response = await fixture.post("/v1/chat/completions", {
    model: "lone",
    messages,
    response_format: format(),
    stream: true,
    ...body,
  });
  const text = await response.text();
  const data = [...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? "");
  const chunks = data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line));
  return {
    content: chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? "").join(""),
    finishes: chunks.flatMap((chunk) => chunk.choices?.[0]?.finish_reason ?? []),
    code: chunks.find((chunk) => chunk.error)?.error.code,
    isDone: data.at(-1) === "[DONE]",
    way: response.headers.get("x-router-structured"),
  };
};

describe("the way down, from what binds most", () => {
  const rows: readonly (readonly [readonly ProviderFeature[], string, number])[] = [
    [[], "native", 1],
    [["strict"], "native", 2],
    [["json_schema"], "tool", 3],
    [["json_schema", "tools"], "json", 4],
    [["json_schema", "tools", "json_object"], "prompt", 5],
  ];

  it.each(rows)(
    "a provider without %j answers by %s, and is asked so at once the next time",
    async (lacks, way, requests) => {
      for (const feature of lacks) fixture.a.lacks.add(feature);
      const turn =
        way === "tool" ? { toolCalls: [{ name: "person", arguments: fitting }] } : { text: fitting };
      fixture.a.answerNext(turn, turn);
      expect(await ask()).toEqual({ status: 200, content: fitting, way, requests });
      expect(await ask()).toEqual({ status: 200, content: fitting, way, requests: requests + 1 });
      await waitFor(() => fixture.usage.length === 2);
      expect(fixture.usage.map(({ outputTokens, end }) => [outputTokens, end])).toEqual([
        [7, "finished"],
        [7, "finished"],
      ]);
    },
  );

  it("is no other caller's because of what one of them is refused", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ environment: { CMDOP_ROUTER_KEYS: `${routerKey},another` } });
    const error = { message: "Invalid name.", param: "response_format.json_schema.name" };
    const refused = { kind: "status", status: 400, body: JSON.stringify({ error }) } as const;
    fixture.a.failNext(refused, refused);
    fixture.a.answerNext({ toolCalls: [{ name: "person", arguments: fitting }] }, { text: fitting });
    expect(await ask()).toMatchObject({ status: 200, way: "tool" });
    const other = await fixture.post(
      "/v1/chat/completions",
      { model: "lone", messages, response_format: format() },
      { headers: { "x-api-key": "another" } },
    );
    expect([other.status, other.headers.get("x-router-structured")]).toEqual([200, "native"]);
  });

  it("is not gone for an error that is about something else", async () => {
    fixture.a.failNext({
      kind: "status",
      status: 400,
      body: '{"error":{"message":"The prompt is too long","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}',
    });
    expect(await ask()).toMatchObject({ status: 400, code: "context_length_exceeded", requests: 1 });
  });

  it("ends with the provider's own words when nothing is left", async () => {
    fixture.a.failAlways({
      kind: "status",
      status: 400,
      body: '{"error":{"message":"tools and response_format are unknown","type":"invalid_request_error","param":null,"code":"x"}}',
    });
    expect(await ask()).toMatchObject({ status: 400, code: "x", requests: 5 });
  });
});

describe("OpenAI's client parses", () => {
  const person = z.object({ name: z.string(), age: z.number(), nick: z.string().nullable() });
  const parse = async () => {
    const client = new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: routerKey, maxRetries: 0 });
    const parsed = await client.chat.completions.parse({
      model: "lone",
      messages,
      response_format: zodResponseFormat(person, "person"),
    });
    return parsed.choices[0]?.message.parsed;
  };

  it.each([[[]], [["json_schema"]], [["json_schema", "tools"]]] as const)("without %j", async (lacks) => {
    for (const feature of lacks) fixture.a.lacks.add(feature);
    const text = '{"name":"A","age":1,"nick":null}';
    fixture.a.answerNext(
      lacks.length === 1
        ? { toolCalls: [{ name: "person", arguments: text }] }
        : { text: `\`\`\`json\n${text}\n\`\`\`` },
    );
    expect(await parse()).toEqual({ name: "A", age: 1, nick: null });
  });
});

describe("an answer", () => {
  it("that fits is the bytes that came", async () => {
    fixture.a.text = '{ "name": "M\\u00fcller", "age": 41 }';
    expect(await ask()).toMatchObject({ content: fixture.a.text, way: "native" });
    expect(fixture.a.requests[0]?.json?.response_format).toEqual(format());
  });

  it.each([
    ["in a fence", `\`\`\`json\n${fitting}\n\`\`\``],
    ["with words around it", `Here it is: ${fitting} I hope it helps.`],
    ["with a comma too many", '{"name":"Müller","age":41,}'],
  ])("%s is taken out, and said so", async (_name, text) => {
    fixture.a.answerNext({ text });
    const told = await ask();
    expect([JSON.parse(told.content ?? ""), told.way, told.requests]).toEqual([
      { name: "Müller", age: 41 },
      "healed",
      1,
    ]);
  });

  it("that does not fit is asked for once more, with what is wrong; usage is the sum", async () => {
    fixture.a.answerNext({ text: '{"name":"Müller","age":-1}' }, { text: fitting });
    expect(await ask()).toEqual({ status: 200, content: fitting, way: "retried", requests: 2 });
    expect(JSON.stringify(fixture.a.requests[1]?.json?.messages)).toContain("#/age");
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ inputTokens: 22, outputTokens: 14, attempts: 2 });
  });

  it("that fits neither time is an error when it had to, and is marked when not", async () => {
    const wrong = { text: '{"name":1}' };
    fixture.a.answerNext(wrong, wrong, wrong, wrong);
    expect(await ask()).toEqual({ status: 502, code: "structured_output_invalid", way: null, requests: 2 });
    expect(await ask({ response_format: format(schema, false) })).toEqual({
      status: 200,
      content: '{"name":1}',
      way: "invalid",
      requests: 4,
    });
    await waitFor(() => fixture.usage.length === 2);
    expect(fixture.usage.map(({ end, outputTokens }) => [end, outputTokens])).toEqual([
      ["failed", 14],
      ["finished", 14],
    ]);
  });

  it.each([
    ["cut", { text: '{"name":"M', finish: "length" }, '{"name":"M'],
    ["filtered", { text: "{", finish: "content_filter" }, "{"],
    ["refused", { refusal: "I cannot." }, null],
  ])("that was %s is passed on as it is", async (_name, turn, content) => {
    fixture.a.answerNext(turn);
    expect(await ask()).toEqual({ status: 200, content, way: "unchecked", requests: 1 });
  });

  it("whose second try fails is judged by the first", async () => {
    fixture.a.answerNext({ text: "no JSON" });
    fixture.a.failNext(none, { kind: "status", status: 400 });
    expect(await ask()).toMatchObject({ status: 502, code: "structured_output_invalid" });
  });
});

describe("a schema with more than strict mode takes", () => {
  const wide = {
    type: "object",
    properties: { name: { type: "string", minLength: 2 }, nick: { type: "string" } },
    required: ["name"],
  };

  it("is sent lowered, and the answer is judged by the caller's own", async () => {
    fixture.a.answerNext({ text: '{"name":"Mo","nick":null}' });
    expect(await ask({ response_format: format(wide) })).toMatchObject({
      content: '{"name":"Mo"}',
      way: "native",
    });
    expect(fixture.a.requests[0]?.json?.response_format).toEqual(
      format({
        type: "object",
        properties: { name: { type: "string" }, nick: { type: ["string", "null"] } },
        required: ["name", "nick"],
        additionalProperties: false,
      }),
    );
    fixture.a.answerNext({ text: '{"name":"M","nick":null}' }, { text: '{"name":"Mo","nick":"o"}' });
    expect(await ask({ response_format: format(wide) })).toMatchObject({
      content: '{"name":"Mo","nick":"o"}',
      way: "retried",
    });
  });
});

describe("a stream", () => {
  it("that the provider binds itself is passed on as it came", async () => {
    fixture.a.text = '```json {"a": 1} ```';
    expect(await stream()).toEqual({
      content: fixture.a.text,
      finishes: ["stop"],
      code: undefined,
      isDone: true,
      way: "native",
    });
    expect(fixture.a.requests.length).toBe(1);
  });

  it.each([
    ["tool", { toolCalls: [{ name: "person", arguments: fitting }] }],
    ["prompt", { text: fitting }],
  ])("on a lower rung (%s) is judged whole before any of it is told", async (way, turn) => {
    for (const feature of ["json_schema", ...(way === "prompt" ? ["tools", "json_object"] : [])]) {
      fixture.a.lacks.add(feature as ProviderFeature);
    }
    fixture.a.answerNext(turn);
    expect(await stream()).toEqual({
      content: fitting,
      finishes: ["stop"],
      code: undefined,
      isDone: true,
      way,
    });
  });

  it("that fits neither time ends with an error and no [DONE]", async () => {
    fixture.a.lacks.add("json_schema").add("tools");
    fixture.a.answerNext({ text: "no" }, { text: "no" });
    expect(await stream()).toMatchObject({
      content: "",
      finishes: [],
      code: "structured_output_invalid",
      isDone: false,
    });
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({
      end: "failed",
      outputTokens: 14,
      refusal: "structured_output_invalid",
    });
  });

  it("that was cut is told as it was cut", async () => {
    fixture.a.lacks.add("json_schema").add("tools");
    fixture.a.answerNext({ text: '{"name":', finish: "length" });
    expect(await stream()).toMatchObject({ content: '{"name":', finishes: ["length"], isDone: true });
  });
});

describe("a hostile schema", () => {
  const nested = (depth: number): unknown =>
    depth === 0 ? { type: "string" } : { type: "array", items: nested(depth - 1) };
  const bomb = {
    type: "object",
    properties: { name: { $ref: "#/$defs/d0" } },
    required: ["name"],
    additionalProperties: false,
    $defs: Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `d${index}`,
        index === 39
          ? { type: "integer" }
          : { anyOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    ),
  };
  const slow = {
    type: "object",
    properties: { name: { type: "string", pattern: "^(a+)+$" } },
    required: ["name"],
    additionalProperties: false,
  };

  it.each([
    ["that is large", { type: "object", description: "x".repeat(70_000) }],
    ["that is deep", { type: "object", properties: { a: nested(40) } }],
    ["of many nodes", { type: "object", enum: Array.from({ length: 6_000 }, (_, index) => index) }],
    ["that refers elsewhere", { type: "object", properties: { a: { $ref: "https://example.org/x" } } }],
    ["that refers to nothing", { type: "object", properties: { a: { $ref: "#/$defs/none" } } }],
    ["with a pattern that is none", { type: "object", properties: { a: { type: "string", pattern: "(" } } }],
  ])("%s is refused before anybody is asked", async (_name, of) => {
    expect(await ask({ response_format: format(of) })).toMatchObject({
      status: 400,
      code: "invalid_json_schema",
      requests: 0,
    });
  });

  it.each([
    ["whose pattern backtracks", slow, JSON.stringify({ name: `${"a".repeat(60)}!` })],
    ["whose references multiply", bomb, JSON.stringify({ name: "x" })],
  ])("%s holds nobody else, and is refused at once the next time", async (_name, of, text) => {
    // So that the thread runs before the time of a schema counts.
    await ask();
    fixture.a.requests.splice(0);
    fixture.a.answerNext({ text });
    const hostile = ask({ response_format: format(of) });
    await waitFor(() => fixture.a.requests.length === 1);
    fixture.a.text = fitting;
    const other = await ask();
    expect([other.status, other.content]).toEqual([200, fitting]);
    expect(await hostile).toMatchObject({ status: 400, code: "invalid_json_schema" });
    const seen = fixture.a.requests.length;
    expect(await ask({ response_format: format(of) })).toMatchObject({ status: 400, requests: seen });
  });
});
