// What a provider does wrong, and what the caller then sees: each fault, for a plain answer and for a stream.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { leakCheck, type ProviderFault, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type FixtureOptions,
  isSilence,
  RouterFixture,
  routerKey,
  shortPatience,
} from "./testing/router-fixture.ts";

let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(() => {
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

/** For tests of one suite that follow one another: a router for each. */
const withFixture = (options: FixtureOptions = {}): void => {
  beforeEach(async () => {
    fixture = await RouterFixture.open(options);
  });
  afterEach(() => fixture.close());
};

/** For faults that are silence. */
const losePatience = async (): Promise<void> => {
  await fixture.close();
  fixture = await RouterFixture.open({ policy: shortPatience });
};

const messages = [{ role: "user", content: "Hello" }];

/** What a caller can tell of an answer. */
interface Told {
  readonly status: number;
  readonly code?: string | null;
  readonly text?: string;
  /** Whether a stream ended with [DONE]. */
  readonly isDone?: boolean;
}

const ask = async (model: string, stream: boolean, router = fixture): Promise<Told> => {
  const response = await router.post("/v1/chat/completions", { model, messages, stream });
  const body = await response.text();
  const { status } = response;
  if (response.headers.get("content-type")?.startsWith("application/json")) {
    const json = JSON.parse(body);
    return json.error ? { status, code: json.error.code } : { status, text: json.choices[0].message.content };
  }
  const data = [...body.matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? "");
  const chunks = data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line));
  const error = chunks.find((chunk) => chunk.error)?.error;
  return {
    status,
    text: chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? "").join(""),
    isDone: data.at(-1) === "[DONE]",
    ...(error ? { code: error.code } : {}),
  };
};

const complete = "Grüße from the fake provider 👋 — it works.";
const plainOk: Told = { status: 200, text: complete };
const streamOk: Told = { status: 200, text: complete, isDone: true };
const cut = (code: string, text = "Grüße "): Told => ({ status: 200, text, isDone: false, code });

interface Row {
  readonly name: string;
  readonly fault: ProviderFault;
  /** Asked once with the fault: an answer, and how many requests the provider saw. */
  readonly once: { readonly plain: readonly [Told, number]; readonly stream: readonly [Told, number] };
  /** Asked with the fault standing. */
  readonly always: { readonly plain: readonly [Told, number]; readonly stream: readonly [Told, number] };
}

const error = { message: "overloaded", code: 503 };
const retried = { plain: [plainOk, 2], stream: [streamOk, 2] } as const;
const untouched = { plain: [plainOk, 1], stream: [streamOk, 1] } as const;
const refused = (status: number, code: string | null, requests: number) =>
  ({ plain: [{ status, code }, requests], stream: [{ status, code }, requests] }) as const;

const rows: readonly Row[] = [
  { name: "latency", fault: { kind: "latency", ms: 50 }, once: untouched, always: untouched },
  {
    name: "500",
    fault: { kind: "status", status: 500 },
    once: retried,
    always: refused(502, "upstream_error", 3),
  },
  {
    name: "503 as HTML",
    fault: { kind: "status", status: 503, body: "<html>" },
    once: retried,
    always: refused(502, "upstream_error", 3),
  },
  {
    name: "429 with a long Retry-After",
    fault: { kind: "status", status: 429, headers: { "retry-after": "120" } },
    once: retried,
    always: refused(429, "upstream_rate_limited", 2),
  },
  {
    name: "429 without Retry-After",
    fault: { kind: "status", status: 429 },
    once: retried,
    always: refused(429, "upstream_rate_limited", 2),
  },
  {
    name: "a key that is refused",
    fault: { kind: "status", status: 401 },
    once: retried,
    always: refused(503, "upstream_credentials_exhausted", 2),
  },
  {
    name: "a key without money",
    fault: { kind: "status", status: 402 },
    once: retried,
    always: refused(503, "upstream_credentials_exhausted", 2),
  },
  {
    name: "a request that is wrong",
    fault: { kind: "status", status: 400 },
    once: refused(400, null, 1),
    always: refused(400, null, 1),
  },
  {
    name: "200 with an error in it",
    fault: { kind: "error-inside", error },
    once: retried,
    always: refused(502, "upstream_error", 3),
  },
  {
    name: "a redirect",
    fault: { kind: "status", status: 302, headers: { location: "http://127.0.0.1:1/" } },
    once: retried,
    always: refused(502, "upstream_error", 3),
  },
  {
    name: "a reset before the headers",
    fault: { kind: "reset", afterEvents: undefined },
    once: retried,
    always: refused(502, "upstream_error", 3),
  },
  {
    name: "a reset before content",
    fault: { kind: "reset", afterEvents: 0 },
    once: retried,
    always: refused(502, "upstream_truncated", 3),
  },
  {
    name: "a reset within content",
    fault: { kind: "reset", afterEvents: 2 },
    once: { plain: [plainOk, 1], stream: [cut("upstream_truncated"), 1] },
    always: { plain: [plainOk, 1], stream: [cut("upstream_truncated"), 1] },
  },
  {
    name: "an end before content",
    fault: { kind: "truncated", afterEvents: 0 },
    once: retried,
    always: {
      plain: [{ status: 502, code: "upstream_invalid" }, 3],
      stream: [{ status: 502, code: "upstream_truncated" }, 3],
    },
  },
  {
    name: "an end within content",
    fault: { kind: "truncated", afterEvents: 2 },
    once: { plain: [plainOk, 1], stream: [cut("upstream_truncated"), 1] },
    always: { plain: [plainOk, 1], stream: [cut("upstream_truncated"), 1] },
  },
  {
    name: "silence before the headers",
    fault: { kind: "stalled", afterEvents: undefined },
    once: refused(504, "upstream_stalled", 1),
    always: refused(504, "upstream_stalled", 1),
  },
  {
    name: "silence before content",
    fault: { kind: "stalled", afterEvents: 0 },
    once: refused(504, "upstream_stalled", 1),
    always: refused(504, "upstream_stalled", 1),
  },
  {
    name: "silence within content",
    fault: { kind: "stalled", afterEvents: 2 },
    once: { plain: [plainOk, 1], stream: [cut("upstream_timeout"), 1] },
    always: { plain: [plainOk, 1], stream: [cut("upstream_timeout"), 1] },
  },
  {
    name: "garbage before content",
    fault: { kind: "garbage", afterEvents: 0 },
    once: { plain: [{ status: 504, code: "upstream_stalled" }, 1], stream: [streamOk, 2] },
    always: {
      plain: [{ status: 504, code: "upstream_stalled" }, 1],
      stream: [{ status: 502, code: "upstream_invalid" }, 3],
    },
  },
  {
    name: "garbage within content",
    fault: { kind: "garbage", afterEvents: 2 },
    once: { plain: [plainOk, 1], stream: [cut("upstream_invalid"), 1] },
    always: { plain: [plainOk, 1], stream: [cut("upstream_invalid"), 1] },
  },
  {
    name: "an error event before content",
    fault: { kind: "error-event", afterEvents: 0, error },
    once: { plain: [plainOk, 2], stream: [streamOk, 2] },
    always: {
      plain: [{ status: 502, code: "upstream_invalid" }, 3],
      stream: [{ status: 502, code: "upstream_error" }, 3],
    },
  },
  {
    name: "an error event within content",
    fault: { kind: "error-event", afterEvents: 2, error },
    once: { plain: [plainOk, 1], stream: [cut("upstream_error"), 1] },
    always: { plain: [plainOk, 1], stream: [cut("upstream_error"), 1] },
  },
  { name: "bytes one by one", fault: { kind: "split" }, once: untouched, always: untouched },
  {
    name: "one giant piece",
    fault: { kind: "giant", bytes: 3_000_000 },
    once: {
      plain: [plainOk, 1],
      stream: [{ ...streamOk, text: "x".repeat(3_000_000) + complete.slice("Grüße ".length) }, 1],
    },
    always: {
      plain: [plainOk, 1],
      stream: [{ ...streamOk, text: "x".repeat(3_000_000) + complete.slice("Grüße ".length) }, 1],
    },
  },
];

// Each with a router of its own, beside one another: most of their time is silence.
describe.concurrent.each(["plain", "stream"] as const)("%s", (form) => {
  const cells = rows.flatMap((row) =>
    (["once", "always"] as const).map((how) => [row.name, how, row] as const),
  );

  it.concurrent.each(cells)("%s, %s", async (_name, how, row) => {
    const policy = isSilence(row.fault) ? shortPatience : {};
    const own = await RouterFixture.open({ policy });
    try {
      if (how === "once") own.a.failNext(row.fault);
      else own.a.failAlways(row.fault);
      const [told, requests] = row[how][form];
      expect([await ask("lone", form === "stream", own), own.a.requests.length]).toEqual([told, requests]);
      expect(own.usage.length).toBe(1);
    } finally {
      await own.close();
    }
  });
});

describe("a fallback", () => {
  withFixture();

  it.each([
    ["the provider is down", { kind: "status", status: 500 }],
    ["no key is left", { kind: "status", status: 403 }],
    ["the rate is reached", { kind: "status", status: 429 }],
    ["the model is gone", { kind: "status", status: 404 }],
    ["nothing comes", { kind: "stalled", afterEvents: 0 }],
  ] as const)("answers when %s", async (_name, fault) => {
    if (isSilence(fault)) await losePatience();
    fixture.a.failAlways(fault);
    const response = await fixture.post("/v1/chat/completions", { model: "pair", messages, stream: true });
    expect([response.status, response.headers.get("x-router-model")]).toEqual([200, "second"]);
    await response.text();
    expect(fixture.b.requests[0]?.json?.model).toBe("model-b");
  });
});

describe("a provider that cannot be reached", () => {
  withFixture();

  it("is an error in time", async () => {
    await fixture.a.close();
    expect(await ask("lone", false)).toEqual({ status: 502, code: "upstream_error" });
    expect((await fixture.post("/v1/chat/completions", { model: "pair", messages })).status).toBe(200);
  });
});

describe("a retry", () => {
  withFixture();

  it("is not begun when the time that OpenAI's client gives would be over before it", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ policy: { backoffFirstMs: 2_000, backoffMaxMs: 2_000 } });
    fixture.a.failAlways({ kind: "status", status: 500 });
    const body = { model: "lone", messages };
    const answer = await fixture.post("/v1/chat/completions", body, {
      headers: { "x-stainless-timeout": "0.5" },
    });
    expect([answer.status, fixture.a.requests.length]).toEqual([502, 1]);
  });

  it("is given up once so much of a stream was held back without content: the failure is an event", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ limits: { startupEvents: 3 } });
    const body = { model: "pair", messages, stream: true, n: 4 };
    const said = [];
    for (const afterEvents of [2, 3]) {
      fixture.a.failNext({ kind: "reset", afterEvents });
      const answer = await fixture.post("/v1/chat/completions", body);
      said.push([
        answer.status,
        (await answer.text()).includes("upstream_truncated"),
        fixture.a.requests.length,
      ]);
    }
    expect(said).toEqual([
      [200, false, 2],
      [200, true, 3],
    ]);
  });
});

describe("JSON that would take far more memory than its text", () => {
  withFixture();
  const grown = "{},".repeat(1_100_000);

  it("is refused of a caller before anybody is asked", async () => {
    const body = `{"model":"lone","messages":[${grown}{}]}`;
    const answer = await fixture.post("/v1/chat/completions", body);
    const told = (await answer.json()) as { error: { code: string } };
    expect([answer.status, told.error.code, fixture.a.requests.length]).toEqual([400, "invalid_json", 0]);
  });

  it.each([false, true])("is no answer of a provider (stream %s)", async (stream) => {
    const chunk = `{"choices":[{"index":0,"delta":{"content":"x","grown":[${grown}{}]}}]}`;
    fixture.a.failAlways({
      kind: "status",
      status: 200,
      body: stream ? `data: ${chunk}\n\n` : chunk,
      ...eventsIf(stream),
    });
    expect(await ask("lone", stream)).toEqual({ status: 502, code: "upstream_invalid" });
  });
});

describe("an answer that is larger than one may be", () => {
  withFixture({ limits: { responseBytes: 10_000 } });

  it("is not asked for again: it would be made, and paid, again", async () => {
    const body = JSON.stringify({ choices: [], filler: "x".repeat(10_000) });
    fixture.a.failAlways({ kind: "status", status: 200, body });
    expect(await ask("lone", false)).toEqual({ status: 502, code: "upstream_invalid" });
    expect(fixture.a.requests.length).toBe(1);
  });
});

describe("answers that are kept whole", () => {
  withFixture({ limits: { responseBytes: 20_000, responseBytesInFlight: 15_000 } });
  const filler = "x".repeat(10_000);
  const whole = { kind: "status", status: 200, body: JSON.stringify({ choices: [], filler }) } as const;

  it("have a bound together, and room again when they have left", async () => {
    fixture.a.failNext(whole);
    const asked = () => fixture.post("/v1/chat/completions", { model: "lone", messages });
    expect((await asked()).status).toBe(200);
    fixture.a.failNext({
      ...whole,
      body: JSON.stringify({ choices: [], filler: filler + filler.slice(2_000) }),
    });
    const second = await asked();
    expect([second.status, second.headers.get("retry-after")]).toEqual([503, "1"]);
    fixture.a.failNext(whole);
    expect((await asked()).status).toBe(200);
  });
});

describe("a model whose name is longer than any", () => {
  withFixture();

  it("is settled and logged by its beginning", async () => {
    const model = "x".repeat(100_000);
    expect(await ask(model, false)).toEqual({ status: 404, code: "model_not_found" });
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]?.requestedModel).toBe("x".repeat(256));
    expect(fixture.logged.text).not.toContain("x".repeat(257));
  });
});

describe("an answer that cannot be read", () => {
  withFixture({ limits: { responseBytes: 20_000, responseBytesInFlight: 15_000 } });

  it("leaves its room to the one that is asked for in its place", async () => {
    const body = "x".repeat(10_000);
    fixture.a.failNext({ kind: "status", status: 200, body }, { kind: "status", status: 200, body });
    expect(await ask("lone", false)).toEqual(plainOk);
  });
});

describe("a stream that is kept whole", () => {
  withFixture({ limits: { responseBytes: 15_000 } });
  const filler = "x".repeat(10_000);

  it("has the bound of a plain answer", async () => {
    fixture.a.lacks.add("json_schema");
    fixture.a.answerNext({
      toolCalls: [{ name: "person", arguments: JSON.stringify({ name: filler + filler }) }],
    });
    const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
    const answer = await fixture.post("/v1/chat/completions", {
      model: "lone",
      messages,
      stream: true,
      response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema } },
    });
    const text = await answer.text();
    expect([text.includes('"code":"upstream_invalid"'), text.includes("[DONE]")]).toEqual([true, false]);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ end: "failed", refusal: "upstream_invalid" });
  });
});

const eventsIf = (stream: boolean) => (stream ? { headers: { "content-type": "text/event-stream" } } : {});

describe("a time that is over", () => {
  withFixture();

  it.each(["plain", "stream"] as const)(
    "of the whole request ends it, however lively it is (%s)",
    async (form) => {
      await fixture.close();
      fixture = await RouterFixture.open({ policy: { totalMs: 400 } });
      fixture.a.paceMs = 60;
      fixture.a.text = "word ".repeat(1_000);
      fixture.a.failNext(form === "plain" ? { kind: "latency", ms: 60_000 } : { kind: "latency", ms: 0 });
      const told = await ask("lone", form === "stream");
      expect([told.status, told.code, told.isDone]).toEqual(
        form === "plain" ? [504, "upstream_timeout", undefined] : [200, "upstream_timeout", false],
      );
      expect(fixture.a.requests.length).toBe(1);
    },
  );

  it("of the connect is no provider's answer: the next one is asked", async () => {
    const mute = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as AddressInfo;
    await fixture.close();
    // TLS to somebody who never says hello: connected, and never ready.
    fixture = await RouterFixture.open({
      policy: { connectMs: 150 },
      routes: `
providers: { mute: "https://127.0.0.1:${port}/v1", b: { url: $B, keys: [env:KEY_B] } }
models: { pair: { provider: mute, fallbacks: [second] }, second: { provider: b }, lone: { provider: mute } }
`,
    });
    expect(await ask("pair", true)).toEqual(streamOk);
    expect(await ask("lone", false)).toEqual({ status: 502, code: "upstream_error" });
    await fixture.close();
    await new Promise((resolve) => mute.close(resolve));
    fixture = await RouterFixture.open();
  });
});

describe("keys", () => {
  withFixture();

  it("whose rate is reached are waited for when it is short and nothing else is left", async () => {
    fixture.b.failNext({ kind: "status", status: 429, headers: { "retry-after-ms": "50" } });
    expect(await ask("second", false)).toEqual(plainOk);
    expect(fixture.b.requests.length).toBe(2);
  });

  it("whose rate is reached for long: the caller is told how long", async () => {
    fixture.b.failNext({ kind: "status", status: 429, headers: { "retry-after": "120" } });
    const response = await fixture.post("/v1/chat/completions", { model: "second", messages });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("120");
    expect(response.headers.get("x-should-retry")).toBe("false");
  });

  it("whose rate is reached for ever: the caller is told a number all the same", async () => {
    fixture.b.failNext({ kind: "status", status: 429, headers: { "retry-after": "1e308" } });
    const response = await fixture.post("/v1/chat/completions", { model: "second", messages });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "86400"]);
  });

  it("that are refused are left alone afterwards", async () => {
    fixture.a.deadKeys.add("sk-a-one");
    for (let request = 0; request < 3; request += 1) expect(await ask("lone", false)).toEqual(plainOk);
    const used = fixture.a.requests.map(({ headers }) => headers.authorization);
    expect(used).toEqual(["Bearer sk-a-one", "Bearer sk-a-two", "Bearer sk-a-two", "Bearer sk-a-two"]);
  });

  it.each([
    [
      "a model that may be there",
      404,
      "The model `model-x` does not exist or you do not have access to it.",
      404,
      null,
    ],
    ["a model", 403, "Project `proj_1` does not have access to model `model-x`", 404, "model_not_found"],
    [
      "an endpoint",
      401,
      "You have insufficient permissions for this operation. Missing scopes: model.request.",
      404,
      "model_not_found",
    ],
    [
      "an answer of such a length",
      402,
      "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 1234.",
      503,
      "upstream_credentials_exhausted",
    ],
  ])("are not given up for %s that one request may not have of them", async (...row) => {
    const [, status, message, told, code] = row;
    const refused = { kind: "status", status, body: JSON.stringify({ error: { message } }) } as const;
    fixture.a.failNext(refused, refused);
    expect(await ask("a/model-x", false)).toEqual({ status: told, code });
    for (let request = 0; request < 2; request += 1) expect(await ask("lone", false)).toEqual(plainOk);
    // The other one of them may have it.
    fixture.a.failNext(refused);
    expect(await ask("a/model-x", false)).toEqual(plainOk);
    const used = fixture.a.requests.map(({ headers }) => headers.authorization);
    const [one, two] = ["Bearer sk-a-one", "Bearer sk-a-two"];
    expect(used).toEqual([one, two, one, two, one, two]);
  });

  it("are used in turn", async () => {
    for (let request = 0; request < 3; request += 1) await ask("lone", false);
    const used = fixture.a.requests.map(({ headers }) => headers.authorization);
    expect(used).toEqual(["Bearer sk-a-one", "Bearer sk-a-two", "Bearer sk-a-one"]);
  });
});

describe("a provider that fails again and again", () => {
  withFixture();

  it("is not asked any more, and the caller is told when to come back", async () => {
    fixture.a.failAlways({ kind: "status", status: 500 });
    for (let request = 0; request < 4; request += 1) await ask("lone", false);
    const seen = fixture.a.requests.length;
    const response = await fixture.post("/v1/chat/completions", { model: "lone", messages });
    const told = (await response.json()) as { error: { code: string } };
    expect([response.status, told.error.code, fixture.a.requests.length]).toEqual([
      503,
      "upstream_unavailable",
      seen,
    ]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("a key that is tried again after a break", () => {
  withFixture({ policy: { breaker: { failures: 1, windowMs: 60_000, openMs: 1 } } });

  it("is not lost to a request that cannot be written", async () => {
    fixture.b.failAlways({ kind: "status", status: 500 });
    expect(await ask("second", false)).toEqual({ status: 502, code: "upstream_error" });
    fixture.b.failAlways(undefined);
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const body = `{"model":"second","messages":[],"stream":true,"stream_options":{"x":${deep}}}`;
    const refused = await fixture.post("/v1/chat/completions", body);
    expect(refused.status).toBe(400);
    expect(await ask("second", false)).toEqual(plainOk);
  });
});

describe("a caller who leaves", () => {
  withFixture();

  const phases: readonly (readonly [string, ProviderFault, boolean])[] = [
    ["before the headers", { kind: "stalled", afterEvents: undefined }, false],
    ["before the headers of a stream", { kind: "stalled", afterEvents: undefined }, true],
    ["before content", { kind: "stalled", afterEvents: 1 }, true],
    ["within content", { kind: "stalled", afterEvents: 3 }, true],
    ["while a plain answer is read", { kind: "stalled", afterEvents: 0 }, false],
  ];

  it.each(phases)(
    "%s: the provider's request ends too, and it is settled once",
    async (_name, fault, stream) => {
      await fixture.close();
      fixture = await RouterFixture.open({ policy: { firstContentMs: 60_000, idleMs: 60_000 } });
      fixture.a.failNext(fault);
      const controller = new AbortController();
      const left = fixture
        .post("/v1/chat/completions", { model: "pair", messages, stream }, { signal: controller.signal })
        .then((response) => response.text())
        .catch(() => "left");
      const request = await waitFor(() => fixture.a.requests[0]);
      controller.abort();
      expect([await left, await request.closed]).toEqual(["left", true]);
      await waitFor(() => fixture.usage.length === 1);
      expect(fixture.usage.map(({ end }) => end)).toEqual(["aborted"]);
      expect([fixture.a.requests.length, fixture.b.requests.length]).toEqual([1, 0]);
    },
  );

  it("while it waits for a connection: it is never asked", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      policy: { firstContentMs: 60_000 },
      connectionsPerProvider: 1,
    });
    fixture.a.failNext({ kind: "stalled", afterEvents: undefined });
    const [holder, waiter] = [new AbortController(), new AbortController()];
    const left = [holder, waiter].map(({ signal }) =>
      fixture.post("/v1/chat/completions", { model: "lone", messages }, { signal }).catch(() => "left"),
    );
    await waitFor(() => fixture.a.requests.length === 1 && fixture.router.requests() === 2);
    waiter.abort();
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ end: "aborted", inputTokens: 0, isEstimated: false });
    holder.abort();
    expect(await Promise.all(left)).toEqual(["left", "left"]);
    expect(await ask("lone", false)).toEqual(plainOk);
    expect(fixture.a.requests.length).toBe(2);
  });

  it("while the connection is made: it is never asked", async () => {
    const heard: string[] = [];
    const sockets: Socket[] = [];
    const late = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (data) => heard.push(String(data)));
    });
    await new Promise<void>((resolve) => late.listen(0, "127.0.0.1", resolve));
    const { port } = late.address() as AddressInfo;
    await fixture.close();
    fixture = await RouterFixture.open({
      policy: { connectMs: 400 },
      routes: `providers: { late: "https://127.0.0.1:${port}/v1" }\nmodels: { lone: { provider: late } }\n`,
    });
    const controller = new AbortController();
    const left = fixture
      .post("/v1/chat/completions", { model: "lone", messages }, { signal: controller.signal })
      .catch(() => "left");
    await waitFor(() => sockets.length === 1);
    controller.abort();
    expect(await left).toBe("left");
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]?.end).toBe("aborted");
    // What was begun of the connection ends with its time, and no other one is made.
    await waitFor(() => sockets[0]?.closed === true);
    expect([sockets.length, heard.join("").includes("POST")]).toEqual([1, false]);
    await fixture.close();
    await new Promise((resolve) => late.close(resolve));
    fixture = await RouterFixture.open();
  });

  it("while a retry waits: nothing more is asked", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      policy: { backoffFirstMs: 4_000, backoffMaxMs: 4_000, waitMaxMs: 5_000 },
    });
    fixture.a.failNext({ kind: "status", status: 500 });
    const controller = new AbortController();
    const left = fixture
      .post("/v1/chat/completions", { model: "lone", messages }, { signal: controller.signal })
      .catch(() => "left");
    await waitFor(() => fixture.logged.text.includes("attempt.failed"));
    controller.abort();
    expect(await left).toBe("left");
    await waitFor(() => fixture.usage.length === 1);
    expect([fixture.usage[0]?.end, fixture.a.requests.length]).toEqual(["aborted", 1]);
  });
});

describe("a caller who reads slowly", () => {
  withFixture();

  it("holds the provider back", async () => {
    fixture.a.text = `${"word ".repeat(20)}end`;
    fixture.a.failNext({ kind: "giant", bytes: 12_000_000 });
    const response = await fixture.post("/v1/chat/completions", { model: "lone", messages, stream: true });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.length).toBeGreaterThan(12_000_000);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("and stops for good is left, and the provider with it", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      limits: { readerStallMs: 200 },
      // The fake needs its time to make so long a text.
      policy: { idleMs: 60_000, firstContentMs: 60_000 },
    });
    fixture.a.text = "word ".repeat(200_000);
    const response = await fixture.post("/v1/chat/completions", { model: "lone", messages, stream: true });
    const request = await waitFor(() => fixture.a.requests[0]);
    expect(await request.closed).toBe(true);
    const total = 200_000 * 200;
    expect(request.sent.bytes).toBeLessThan(total / 2);
    await waitFor(() => fixture.usage.length === 1);
    expect(fixture.usage[0]).toMatchObject({ end: "aborted", isEstimated: true });
    await response.body?.cancel();
  });
});

describe("a caller who does not read a plain answer", () => {
  withFixture({ limits: { readerStallMs: 200 } });

  it("is left", async () => {
    const filler = "x".repeat(30_000_000);
    fixture.a.failNext({ kind: "status", status: 200, body: JSON.stringify({ choices: [], filler }) });
    const socket = connect(fixture.router.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    const body = '{"model":"lone","messages":[]}';
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${routerKey}\r\ncontent-type: application/json`;
    socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await waitFor(() => fixture.usage.length === 1);
    await waitFor(() => fixture.router.requests() === 0);
    socket.destroy();
    await closed;
  });
});

describe("choices that come one after the other", () => {
  withFixture();

  const choice = (index: number) =>
    `data: ${JSON.stringify({ choices: [{ index, delta: { content: "x" }, finish_reason: "stop" }] })}\n\n`;
  const done = "data: [DONE]\n\n";

  it.each([
    ["all, and the end", [choice(0), choice(1), done], "done"],
    ["all, and no end", [choice(0), choice(1)], "done"],
    ["one, and the end: the provider knows no n", [choice(0), done], "done"],
    ["one, and no end", [choice(0)], "upstream_truncated"],
    ["one twice, and no end", [choice(0), choice(0)], "upstream_truncated"],
    ["one that nobody could ask for", [choice(0), choice(1e9), done], "upstream_invalid"],
  ])("%s", async (_name, events, expected) => {
    const headers = { "content-type": "text/event-stream" };
    fixture.a.failNext({ kind: "status", status: 200, body: events.join(""), headers });
    const answer = await fixture.post("/v1/chat/completions", {
      model: "lone",
      messages,
      stream: true,
      n: 2,
    });
    const text = await answer.text();
    expect(text.endsWith(done) ? "done" : /"code":"(\w+)"/.exec(text)?.[1]).toBe(expected);
  });
});

describe("a stream that is silent for long", () => {
  withFixture();

  it("begins all the same, with heartbeats, and its failure is an event", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({
      limits: { startupMs: 50, heartbeatMs: 50 },
      policy: { firstContentMs: 500 },
    });
    fixture.a.failNext({ kind: "stalled", afterEvents: 1 });
    const response = await fixture.post("/v1/chat/completions", { model: "pair", messages, stream: true });
    const text = await response.text();
    expect([response.status, fixture.b.requests.length]).toEqual([200, 0]);
    expect(text).toContain(": ping\n");
    expect(text).toContain('"code":"upstream_stalled"');
    expect(text).not.toContain("[DONE]");
  });
});

describe("an answer in one piece", () => {
  withFixture();

  it("may take longer than the beginning of a stream: a model thinks before it", async () => {
    await fixture.close();
    fixture = await RouterFixture.open({ policy: { firstContentMs: 100 } });
    fixture.a.failNext({ kind: "latency", ms: 300 });
    expect(await ask("lone", false)).toEqual(plainOk);
    fixture.a.failNext({ kind: "latency", ms: 300 });
    expect((await ask("lone", true)).status).toBe(504);
  });
});
