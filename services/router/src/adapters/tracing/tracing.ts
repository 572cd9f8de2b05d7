// Spans of OpenTelemetry, sent by OTLP over HTTP: one for a request, one below it for each attempt. They hold what
// the usage event and the attempt's log line hold; never a prompt, an answer or a key. Loaded only when it is on.
import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type {
  AttemptEvent,
  RequestTrace,
  TracedAttempt,
  TracedRequest,
  Tracing,
  UsageEvent,
} from "../../ports.ts";
import { attribute, operationOf } from "./span-names.ts";
import { parseTraceContext, toTraceHeaders } from "./trace-context.ts";

export interface TracingOptions {
  /** Of OTLP over HTTP, without /v1/traces. */
  readonly endpoint: string;
  /** Whether platform providers are told our place in the trace. */
  readonly tellsProviders: boolean;
  readonly events: {
    /** Told when sending begins to fail and when it works again, not for each batch. */
    failing(cause: unknown): void;
    recovered(): void;
  };
}

export interface ClosableTracing extends Tracing {
  /** Sends what is left, within its time. */
  close(): Promise<void>;
}

/** A collector that does not answer costs spans, not memory and not the router's end. */
const exportMs = 3_000;
const queueMax = 2_048;
const everyMs = 1_000;

export const openTracing = (options: TracingOptions): ClosableTracing => {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/$/, "")}/v1/traces`,
    timeoutMillis: exportMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": "cmdop-router",
    }),
    // A caller that does not record its trace does not want ours in it.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: watched(exporter, options.events),
        maxQueueSize: queueMax,
        scheduledDelayMillis: everyMs,
        exportTimeoutMillis: exportMs,
      }),
    ],
  });
  const tracer = provider.getTracer("cmdop-router");
  return {
    begin: (request) => new RequestSpans(tracer, request, options.tellsProviders),
    close: async () => {
      // It rejects when the collector is away; that was said already.
      await provider.shutdown().catch(() => {});
    },
  };
};

const exported = 0;

const watched = (exporter: SpanExporter, events: TracingOptions["events"]): SpanExporter => {
  let isFailing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== exported;
        if (hasFailed !== isFailing) {
          isFailing = hasFailed;
          if (hasFailed) events.failing(result.error);
          else events.recovered();
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
};

class RequestSpans implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #request: TracedRequest;
  readonly #tellsProviders: boolean;
  readonly #span: Span;
  #attempts = 0;
  /** The attempt that answers, until the answer is over. */
  #answering: Span | undefined;

  constructor(tracer: Tracer, request: TracedRequest, tellsProviders: boolean) {
    this.#tracer = tracer;
    this.#request = request;
    this.#tellsProviders = tellsProviders;
    this.#span = tracer.startSpan(
      nameOf(request),
      {
        kind: SpanKind.SERVER,
        attributes: { ...about(request), [attribute.requestId]: request.requestId },
      },
      parseTraceContext(request),
    );
  }

  attempt({ provider, model, isOwn }: TracedAttempt) {
    this.#attempts += 1;
    const span = this.#tracer.startSpan(
      nameOf(this.#request),
      {
        kind: SpanKind.CLIENT,
        attributes: {
          ...about(this.#request),
          [attribute.provider]: provider,
          // A caller's own model is the caller's to name; the span has it as it was asked for.
          ...(isOwn ? {} : { [attribute.requestModel]: model }),
          [attribute.attempt]: this.#attempts,
        },
      },
      trace.setSpan(parseTraceContext(this.#request), this.#span),
    );
    return {
      headers: this.#tellsProviders && !isOwn ? toTraceHeaders(span.spanContext()) : {},
      ended: (event: AttemptEvent) => this.#ended(span, event),
    };
  }

  #ended(span: Span, { outcome, status }: AttemptEvent): void {
    if (status !== undefined) span.setAttribute(attribute.httpStatus, status);
    if (outcome === "answered") {
      // A request may take several answers: a search between them, a second try.
      this.#answering?.end();
      this.#answering = span;
      return;
    }
    span.setAttribute(attribute.errorType, outcome);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  settled(event: UsageEvent): void {
    const used = usageOf(event);
    this.#span.setAttributes({
      ...used,
      [attribute.keyId]: event.keyId,
      [attribute.attempts]: event.attempts,
      ...(event.provider === undefined ? {} : { [attribute.provider]: event.provider }),
      ...(event.firstContentMs === undefined
        ? {}
        : { [attribute.firstContentSeconds]: event.firstContentMs / 1_000 }),
    });
    for (const span of [this.#answering, this.#span]) {
      if (!span) continue;
      if (span !== this.#span) span.setAttributes(used);
      if (event.end !== "finished") {
        span.setAttribute(attribute.errorType, event.refusal ?? event.end);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    }
  }
}

/** What a caller wrote for a model may be of any length. */
const modelCharsMax = 128;

const nameOf = ({ endpoint, model }: TracedRequest): string =>
  `${operationOf(endpoint)} ${model.slice(0, modelCharsMax)}`;

const about = ({ endpoint, model }: TracedRequest): Attributes => ({
  [attribute.operation]: operationOf(endpoint),
  [attribute.endpoint]: endpoint,
  [attribute.requestModel]: model.slice(0, modelCharsMax),
});

const usageOf = (event: UsageEvent): Attributes => ({
  [attribute.inputTokens]: event.inputTokens,
  [attribute.outputTokens]: event.outputTokens,
  [attribute.cachedInputTokens]: event.cachedInputTokens,
  [attribute.reasoningTokens]: event.reasoningTokens,
  [attribute.isEstimated]: event.isEstimated,
  ...(event.model === undefined ? {} : { [attribute.responseModel]: event.model }),
  ...(event.cost === undefined ? {} : { [attribute.costUsd]: event.cost }),
});
