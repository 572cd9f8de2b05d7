// Each fault, at each endpoint and in each way of making an answer, plain and streamed. Chat completions that are passed
// on have a table of their own, with faults that stay (faults.test.ts).
import { leakCheck, type ProviderFault, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSilence, RouterFixture, shortPatience } from "./testing/router-fixture.ts";

let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

const turns = [{ role: "user", content: "Hello" }];
const schema = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};
const person = { type: "json_schema", json_schema: { name: "x", strict: true, schema } };

interface Endpoint {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | FormData;
  /** What ends a complete stream; undefined: it does not stream. */
  readonly complete?: string;
  /** Its stream is told from an answer that was asked for whole. */
  readonly isAskedWhole?: boolean;
  /** An event of a stream behind the first of its content. */
  readonly within?: number;
  /** Requests to the model when nothing goes wrong. */
  readonly requests: number;
  /** The same in a stream of which a giant piece stands in the place of what the model meant to say. */
  readonly requestsGrown?: number;
  /** The fault meets the request after this one. */
  readonly hasFirst?: boolean;
  /** Brings the router to where the fault is to be met. */
  readonly prepare?: (fixture: RouterFixture) => Promise<void>;
}

const form = (model = "lone"): FormData => {
  const data = new FormData();
  data.set("model", model);
  data.set("prompt", "x");
  data.set("image", new File(["i"], "i.png", { type: "image/png" }));
  return data;
};

const streamed = (body: FormData): FormData => {
  const data = new FormData();
  for (const [name, value] of body) data.set(name, value);
  data.set("stream", "true");
  return data;
};

const hasResults = ({ messages }: Readonly<Record<string, unknown>>): boolean =>
  JSON.stringify(messages).includes('"role":"tool"');

const searching = {
  path: "/v1/chat/completions",
  body: { model: "lone", messages: turns, web_search_options: {} },
  complete: "data: [DONE]",
  within: 3,
  requests: 2,
  // It has asked for no search.
  requestsGrown: 1,
  prepare: async ({ a }: RouterFixture) => {
    a.decide = (request) =>
      hasResults(request)
        ? { text: "It is so and so." }
        : { toolCalls: [{ name: "router_web_search", arguments: '{"queries":["cats"]}' }] };
  },
};

const endpoints: Readonly<Record<string, Endpoint>> = {
  responses: {
    path: "/v1/responses",
    body: { model: "lone", input: "Hello" },
    complete: "event: response.completed",
    within: 4,
    requests: 1,
  },
  messages: {
    path: "/v1/messages",
    body: { model: "lone", max_tokens: 9, messages: turns },
    complete: "event: message_stop",
    within: 4,
    requests: 1,
  },
  "messages, translated": {
    path: "/v1/messages",
    body: { model: "lone", max_tokens: 9, messages: turns },
    complete: "event: message_stop",
    within: 3,
    requests: 1,
    prepare: async (fixture) => {
      fixture.a.lacks.add("messages");
      await (await fixture.post("/v1/messages", endpoints.messages?.body)).text();
    },
  },
  "structured, in words": {
    path: "/v1/chat/completions",
    body: { model: "lone", messages: turns, response_format: person },
    complete: "data: [DONE]",
    within: 2,
    requests: 1,
    // What fits no schema is asked for once more.
    requestsGrown: 2,
    prepare: async (fixture) => {
      fixture.a.lacks.add("json_schema").add("tools").add("json_object");
      fixture.a.decide = () => ({ text: '{"a": "b"}' });
      await (await fixture.post("/v1/chat/completions", endpoints["structured, in words"]?.body)).text();
    },
  },
  "the question before a search": searching,
  "the answer after a search": { ...searching, within: 2, requestsGrown: 2, hasFirst: true },
  "images/generations": {
    path: "/v1/images/generations",
    body: { model: "lone", prompt: "a cat" },
    complete: "image_generation.completed",
    within: 1,
    requests: 1,
  },
  "images/edits": {
    path: "/v1/images/edits",
    body: form(),
    complete: "image_edit.completed",
    within: 1,
    requests: 1,
  },
  "images/generations at OpenRouter": {
    path: "/v1/images/generations",
    body: { model: "painter", prompt: "a cat" },
    complete: "image_generation.completed",
    within: 2,
    requests: 1,
  },
  "images/edits at OpenRouter": {
    path: "/v1/images/edits",
    body: form("painter"),
    complete: "image_edit.completed",
    isAskedWhole: true,
    requests: 1,
  },
  embeddings: { path: "/v1/embeddings", body: { model: "lone", input: "x" }, requests: 1 },
  count_tokens: { path: "/v1/messages/count_tokens", body: { model: "lone", messages: turns }, requests: 1 },
  search: { path: "/v1/search", body: { query: "cats" }, requests: 1 },
};

/** `untouched`: nobody notices. `repeated`: asked again. A code: refused with it, after so many requests. */
type Expected = "untouched" | "repeated" | "cut" | readonly [status: number, code: string | null];

interface Row {
  readonly fault: (within: number) => ProviderFault;
  readonly plain: Expected;
  readonly stream: Expected;
}

const error = { message: "overloaded", code: 503, type: "overloaded_error" };
const both = (fault: ProviderFault, expected: Expected): Row => ({
  fault: () => fault,
  plain: expected,
  stream: expected,
});
const cut = (fault: (afterEvents: number) => ProviderFault): Row => ({
  fault,
  plain: "untouched",
  stream: "cut",
});
const stalled = [504, "upstream_stalled"] as const;

const rows: Readonly<Record<string, Row>> = {
  latency: both({ kind: "latency", ms: 20 }, "untouched"),
  "500": both({ kind: "status", status: 500 }, "repeated"),
  "503 as HTML": both({ kind: "status", status: 503, body: "<html>" }, "repeated"),
  "429 with Retry-After": both(
    { kind: "status", status: 429, headers: { "retry-after": "120" } },
    "repeated",
  ),
  "429 without": both({ kind: "status", status: 429 }, "repeated"),
  "a key that is refused": both({ kind: "status", status: 401 }, "repeated"),
  "a key without money": both({ kind: "status", status: 402 }, "repeated"),
  "a request that is wrong": both({ kind: "status", status: 400 }, [400, null]),
  "200 with an error in it": both({ kind: "error-inside", error }, "repeated"),
  "a redirect": both(
    { kind: "status", status: 302, headers: { location: "http://127.0.0.1:1/" } },
    "repeated",
  ),
  "a reset before the headers": both({ kind: "reset", afterEvents: undefined }, "repeated"),
  "a reset before content": both({ kind: "reset", afterEvents: 0 }, "repeated"),
  "an end before content": both({ kind: "truncated", afterEvents: 0 }, "repeated"),
  "silence before the headers": both({ kind: "stalled", afterEvents: undefined }, stalled),
  "silence before content": both({ kind: "stalled", afterEvents: 0 }, stalled),
  "garbage before content": {
    fault: () => ({ kind: "garbage", afterEvents: 0 }),
    plain: stalled,
    stream: "repeated",
  },
  "an error event before content": both({ kind: "error-event", afterEvents: 0, error }, "repeated"),
  "a reset within": cut((afterEvents) => ({ kind: "reset", afterEvents })),
  "an end within": cut((afterEvents) => ({ kind: "truncated", afterEvents })),
  "silence within": cut((afterEvents) => ({ kind: "stalled", afterEvents })),
  "garbage within": cut((afterEvents) => ({ kind: "garbage", afterEvents })),
  "an error event within": cut((afterEvents) => ({ kind: "error-event", afterEvents, error })),
  "bytes one by one": both({ kind: "split" }, "untouched"),
  "one giant piece": both({ kind: "giant", bytes: 1_500_000 }, "untouched"),
};

const routes = `
providers:
  a: { url: $A, keys: [env:KEY_A] }
  router: { kind: openrouter, url: $A, keys: [env:KEY_A] }
models:
  lone: { provider: a, as: model-a }
  painter: { provider: router, as: vendor/painter }
`;

interface Told {
  readonly status: number;
  readonly code: string | null;
  readonly isComplete: boolean;
}

const told = async (response: Response, complete: string | undefined): Promise<Told> => {
  const text = await response.text();
  const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const hasFailed = /"error":\s*\{|event: error/.test(text);
  return {
    status: response.status,
    code: hasFailed ? (/"code":"(\w+)"/.exec(text)?.[1] ?? null) : null,
    isComplete: isEvents ? complete !== undefined && text.includes(complete) && !hasFailed : !hasFailed,
  };
};

const expectedOf = (expected: Expected, endpoint: Endpoint, isStream: boolean): Partial<Told> => {
  if (expected === "untouched" || expected === "repeated")
    return { status: 200, code: null, isComplete: true };
  if (expected === "cut") return { status: 200, isComplete: false };
  // The stream has begun with the search: its status is said.
  const hasBegun = isStream && endpoint.hasFirst === true;
  return { status: hasBegun ? 200 : expected[0], code: expected[1], isComplete: false };
};

describe.concurrent.each(Object.entries(endpoints))("%s", (name, endpoint) => {
  const forms = endpoint.complete === undefined ? (["plain"] as const) : (["plain", "stream"] as const);
  const cells = forms.flatMap((form) =>
    Object.entries(rows).map(([fault, row]) => [fault, form, row] as const),
  );

  it.concurrent.each(cells)("%s, %s", async (_fault, form, row) => {
    const isStream = form === "stream";
    const isSearch = name === "search";
    const fixture = await RouterFixture.open({
      routes: `${routes}search: { serper: { url: ${isSearch ? "$A_ORIGIN" : "$B_ORIGIN"}, keys: [env:KEY_A] } }\n`,
      ...(isSilence(row.fault(0)) ? { policy: shortPatience } : {}),
    });
    try {
      await endpoint.prepare?.(fixture);
      fixture.a.requests.splice(0);
      const settled = fixture.usage.length;
      const fault = row.fault(endpoint.within ?? 1);
      fixture.a.failNext(...(endpoint.hasFirst ? [{ kind: "latency", ms: 0 } as const] : []), fault);
      const { body } = endpoint;
      const response =
        body instanceof FormData
          ? await fixture.postForm(endpoint.path, isStream ? streamed(body) : body)
          : await fixture.post(endpoint.path, isStream ? { ...body, stream: true } : body);
      const expected = row[endpoint.isAskedWhole ? "plain" : form];
      expect(await told(response, endpoint.complete)).toMatchObject(expectedOf(expected, endpoint, isStream));
      const isWhole = expected === "untouched" || expected === "repeated";
      const isGrown = isStream && fault.kind === "giant";
      const whole = (isGrown ? endpoint.requestsGrown : undefined) ?? endpoint.requests;
      const asked = isWhole ? whole : endpoint.hasFirst ? 2 : 1;
      expect(fixture.a.requests.length).toBe(asked + (expected === "repeated" ? 1 : 0));
      await waitFor(() => fixture.usage.length === settled + 1);
      expect(fixture.usage.at(-1)?.end).toBe(isWhole ? "finished" : "failed");
    } finally {
      await fixture.close();
    }
  });
});
