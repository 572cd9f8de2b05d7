// Traces through a whole router, received by OTLP over HTTP.
import { createHash } from "node:crypto";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OtlpReceiver } from "./testing/otlp-receiver.ts";
import { RouterFixture, routerKey } from "./testing/router-fixture.ts";

let receiver: OtlpReceiver;
let fixture: RouterFixture;
let checkLeaks: () => Promise<void>;

beforeAll(async () => {
  // The test runner opens a pipe of its own for a module that is loaded late.
  await import("./adapters/tracing/tracing.ts");
  checkLeaks = leakCheck();
});

afterAll(() => checkLeaks());

beforeEach(async () => {
  receiver = await OtlpReceiver.open();
});

afterEach(async () => {
  await fixture.close();
  await receiver.close();
});

const open = async (tellsProviders: boolean, routes?: string): Promise<void> => {
  fixture = await RouterFixture.open({
    tracing: { endpoint: receiver.endpoint, tellsProviders },
    ...(routes === undefined ? {} : { routes }),
  });
};

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const messages = [{ role: "user", content: "the-prompt-nobody-may-see" }];

const ask = async (model: string, options: { stream?: boolean; headers?: Record<string, string> } = {}) => {
  const { stream = false, headers = {} } = options;
  const response = await fixture.post("/v1/chat/completions", { model, messages, stream }, { headers });
  await response.text();
  return response;
};

const spans = async (count: number) => {
  await waitFor(() => receiver.spans.length >= count);
  expect(receiver.spans.length).toBe(count);
  const byStart = receiver.spans.toSorted((a, b) => b.kind - a.kind);
  return {
    request: receiver.spans.find(({ kind }) => kind === 2),
    attempts: byStart.filter(({ kind }) => kind === 3),
  };
};

describe("a request that is traced", () => {
  it.each([false, true])(
    "is one span in the caller's trace with its attempts below it (stream %s)",
    async (stream) => {
      await open(false);
      fixture.a.failNext({ kind: "status", status: 503 });
      const response = await ask("lone", {
        stream,
        headers: { traceparent: `00-${traceId}-${parentId}-01`, tracestate: "vendor=1" },
      });
      const { request, attempts } = await spans(3);
      expect(request).toMatchObject({
        traceId,
        parentSpanId: parentId,
        traceState: "vendor=1",
        name: "chat lone",
        hasFailed: false,
        attributes: {
          "gen_ai.operation.name": "chat",
          "gen_ai.request.model": "lone",
          "gen_ai.response.model": "lone",
          "gen_ai.provider.name": "a",
          "gen_ai.usage.input_tokens": 11,
          "gen_ai.usage.output_tokens": 7,
          "cmdop.request.id": response.headers.get("x-request-id"),
          "cmdop.attempts": 2,
        },
      });
      expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([request?.spanId, request?.spanId]);
      expect(
        attempts
          .map(({ attributes, hasFailed }) => [
            attributes["cmdop.attempt"],
            attributes["http.response.status_code"],
            attributes["error.type"],
            attributes["gen_ai.usage.output_tokens"],
            hasFailed,
          ])
          .toSorted(),
      ).toEqual([
        [1, 503, "provider", undefined, true],
        [2, 200, undefined, 7, false],
      ]);
    },
  );

  it("holds no prompt, no answer and no key", async () => {
    await open(true);
    await ask("lone");
    await ask("lone", { stream: true });
    await waitFor(() => receiver.spans.length === 4);
    const secrets = [
      "the-prompt-nobody-may-see",
      fixture.a.text,
      "fake provider",
      routerKey,
      "sk-a-one",
      "sk-a-two",
    ];
    expect(secrets.filter((secret) => receiver.text.includes(secret))).toEqual([]);
  });

  it("that is refused or cut says how it ended", async () => {
    await open(false);
    await ask("@huge");
    fixture.a.failNext({ kind: "truncated", afterEvents: 4 });
    await ask("lone", { stream: true });
    const { attempts } = await spans(3);
    expect(attempts.map(({ hasFailed, attributes }) => [hasFailed, attributes["error.type"]])).toEqual([
      [true, "upstream_truncated"],
    ]);
    const requests = receiver.spans.filter(({ kind }) => kind === 2);
    expect(requests.map(({ attributes }) => attributes["error.type"]).toSorted()).toEqual([
      "model_not_found",
      "upstream_truncated",
    ]);
  });

  it("whose caller does not record its trace is not sent", async () => {
    await open(false);
    await ask("lone", { headers: { traceparent: `00-${traceId}-${parentId}-00` } });
    await ask("lone");
    const { request } = await spans(2);
    expect(request?.traceId).not.toBe(traceId);
  });
});

describe("a provider", () => {
  it("is told of the trace only where that is set", async () => {
    await open(false);
    await ask("lone", { headers: { traceparent: `00-${traceId}-${parentId}-01` } });
    expect(fixture.a.requests[0]?.headers.traceparent).toBeUndefined();
    await fixture.close();
    await open(true);
    await ask("lone", { headers: { traceparent: `00-${traceId}-${parentId}-01`, tracestate: "vendor=1" } });
    await waitFor(() => receiver.spans.length === 4);
    const attempt = receiver.spans.findLast(({ kind }) => kind === 3);
    expect(fixture.a.requests[0]?.headers).toMatchObject({
      traceparent: `00-${traceId}-${attempt?.spanId}-01`,
      tracestate: "vendor=1",
    });
  });

  it("that a caller brought is never told", async () => {
    const sha256 = createHash("sha256").update("own-key").digest("hex");
    await open(
      true,
      `
providers: { a: $A }
allowed_ranges: [127.0.0.0/8]
callers: [{ id: own, sha256: ${sha256}, providers: { mine: { url: $B, keys: [env:KEY_B] } } }]
`,
    );
    expect(
      (
        await ask("mine/their-model", {
          headers: { "x-api-key": "own-key", traceparent: `00-${traceId}-${parentId}-01` },
        })
      ).status,
    ).toBe(200);
    const { attempts } = await spans(2);
    expect([
      fixture.b.requests[0]?.headers.traceparent,
      attempts[0]?.attributes["gen_ai.provider.name"],
    ]).toEqual([undefined, "custom"]);
  });
});

it("a collector that is away costs no request, and is said once", async () => {
  await open(false);
  await receiver.close();
  receiver = await OtlpReceiver.open();
  for (let round = 0; round < 3; round += 1) expect((await ask("lone")).status).toBe(200);
  await waitFor(() => fixture.logged.text.includes("tracing.export_failing"), { timeoutMs: 10_000 });
  await ask("lone");
  await fixture.router.close();
  expect(fixture.logged.text.split("tracing.export_failing").length).toBe(2);
});
