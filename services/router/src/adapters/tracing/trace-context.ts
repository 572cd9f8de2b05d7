// W3C Trace Context (https://www.w3.org/TR/trace-context/): the caller's place in its trace, and ours for a provider.
import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from "@opentelemetry/api";

/** As the headers came. */
export interface TraceHeaders {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

const form =
  /^(?<version>[0-9a-f]{2})-(?<trace>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/;
const tracestateCharsMax = 512;

/** A header that is wrong counts as none: the request begins a trace of its own. */
export const parseTraceContext = ({ traceparent, tracestate }: TraceHeaders): Context => {
  const { version, trace: traceId, span: spanId, flags, rest } = form.exec(traceparent ?? "")?.groups ?? {};
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined))
    return ROOT_CONTEXT;
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const hasState = tracestate !== undefined && tracestate.length <= tracestateCharsMax;
  const parent: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(hasState && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
};

export const toTraceHeaders = ({
  traceId,
  spanId,
  traceFlags,
  traceState,
}: SpanContext): Readonly<Record<string, string>> => {
  const state = traceState?.serialize();
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
    ...(state ? { tracestate: state } : {}),
  };
};
