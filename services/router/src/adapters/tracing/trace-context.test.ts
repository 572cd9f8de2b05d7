import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { parseTraceContext, toTraceHeaders } from "./trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

describe("a traceparent", () => {
  it.each([
    ["sampled", `00-${traceId}-${spanId}-01`, "rojo=00f067aa0ba902b7", 1],
    ["not sampled", `00-${traceId}-${spanId}-00`, undefined, 0],
    ["of a later version, with more behind it", `01-${traceId}-${spanId}-01-more`, undefined, 1],
  ])("%s is taken, and goes on as version 00", (_name, traceparent, tracestate, traceFlags) => {
    const parent = trace.getSpanContext(parseTraceContext({ traceparent, tracestate }));
    expect(parent).toMatchObject({ traceId, spanId, traceFlags, isRemote: true });
    expect(parent && toTraceHeaders(parent)).toEqual({
      traceparent: `00-${traceId}-${spanId}-0${traceFlags}`,
      ...(tracestate === undefined ? {} : { tracestate }),
    });
  });

  it.each([
    undefined,
    "",
    "nonsense",
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
  ])("%s counts as none", (traceparent) => {
    expect(parseTraceContext({ traceparent, tracestate: "a=b" })).toBe(ROOT_CONTEXT);
  });
});
