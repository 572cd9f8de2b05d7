// Prometheus metrics. Labels come from closed sets: endpoints, refusals, names in the route table; a model that a
// caller made up is "other".
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Refusal } from "../../core/refusals.ts";
import type { AttemptLog, UsageEvent, UsageSink } from "../../ports.ts";
import { createDistribution, createTally } from "./tallies.ts";

export interface Metrics extends AttemptLog, UsageSink {
  refused(refusal: Refusal): void;
  readonly registry: Registry;
}

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export interface MetricsOptions {
  readonly running: () => number;
  /** Undefined: counters are not shared. */
  readonly areCountersAway?: () => boolean;
}

export const createMetrics = ({ running, areCountersAway }: MetricsOptions): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "cmdop_router_process_" });
  new Gauge({
    name: "cmdop_router_requests_running",
    help: "Requests running now.",
    registers,
    collect() {
      this.set(running());
    },
  });
  if (areCountersAway) {
    new Gauge({
      name: "cmdop_router_shared_counters_away",
      help: "1 while Redis does not answer and this router counts limits for itself.",
      registers,
      collect() {
        this.set(areCountersAway() ? 1 : 0);
      },
    });
  }
  const requests = createTally({
    name: "cmdop_router_requests_total",
    help: "Requests settled, by how they ended; refusal: the row of the table, or none.",
    labelNames: ["endpoint", "end", "refusal"],
    registers,
  });
  const attempts = createTally({
    name: "cmdop_router_attempts_total",
    help: "Requests to providers.",
    labelNames: ["provider", "outcome"],
    registers,
  });
  const refusals = createTally({
    name: "cmdop_router_refusals_total",
    help: "Answers that were a refusal, by the row of the table.",
    labelNames: ["refusal"],
    registers,
  });
  const tokens = createTally({
    name: "cmdop_router_tokens_total",
    help: "Tokens used; basis: reported by the provider or estimated.",
    labelNames: ["provider", "model", "direction", "basis"],
    registers,
  });
  const cost = createTally({
    name: "cmdop_router_cost_usd_total",
    help: "Cost in US dollars where it is known.",
    labelNames: ["provider", "model"],
    registers,
  });
  const duration = createDistribution({
    name: "cmdop_router_request_seconds",
    help: "From a request's start to the end of its answer.",
    labelNames: ["endpoint"],
    buckets: secondsBuckets,
    registers,
  });
  const firstContent = createDistribution({
    name: "cmdop_router_first_content_seconds",
    help: "From a request's start to the first content of its answer.",
    labelNames: ["endpoint"],
    buckets: secondsBuckets,
    registers,
  });
  return {
    registry,
    refused: ({ row }) => refusals.add(1, row),
    attempted: ({ provider, outcome }) => attempts.add(1, provider, outcome),
    record: (event: UsageEvent) => {
      const { endpoint, end } = event;
      requests.add(1, endpoint, end, event.refusal ?? "none");
      duration.observe(event.durationMs / 1000, endpoint);
      if (event.firstContentMs !== undefined) firstContent.observe(event.firstContentMs / 1000, endpoint);
      const provider = event.provider ?? "none";
      const model = event.isListed ? (event.model ?? "other") : "other";
      const basis = event.isEstimated ? "estimated" : "reported";
      if (event.inputTokens > 0) tokens.add(event.inputTokens, provider, model, "input", basis);
      if (event.outputTokens > 0) tokens.add(event.outputTokens, provider, model, "output", basis);
      if (event.cost !== undefined && event.cost > 0) cost.add(event.cost, provider, model);
    },
  };
};
