// Wires one router: settings, gateway, providers, one HTTP port, and the metrics port.
import { createServer } from "node:http";
import { join } from "node:path";
import { type Clock, Failure, type Random, Scope, systemClock, systemRandom } from "@cmdop/base";
import { readControlAccess } from "@cmdop/edge";
import { serveMetrics } from "@cmdop/service";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { type ControlPlane, createControlPlane } from "./adapters/control/control-plane.ts";
import { addEdgeMetrics, openRouterEdge } from "./adapters/control/router-edge.ts";
import { openSettings } from "./adapters/control/settings.ts";
import { createDemoUpstream } from "./adapters/demo/demo-upstream.ts";
import { createHttpFront } from "./adapters/http/http-front.ts";
import { createBudgetKeeper } from "./adapters/limits/budget-keeper.ts";
import {
  type Counters,
  createCounters,
  openSharedCounters,
  type SharedCounters,
} from "./adapters/limits/counters.ts";
import { createLimiter } from "./adapters/limits/limiter.ts";
import { createRouterLog } from "./adapters/log/router-log.ts";
import { createMetrics } from "./adapters/metrics/metrics.ts";
import { createSchemaValidator } from "./adapters/schema/schema-validator.ts";
import type { ClosableTracing } from "./adapters/tracing/tracing.ts";
import { createUndiciUpstream } from "./adapters/upstream/undici-upstream.ts";
import type { RouterConfig } from "./config.ts";
import { type AttemptPolicy, attemptPolicyDefault } from "./core/attempt-policy.ts";
import type { BudgetAlert } from "./core/budgets.ts";
import { type Limits, limitsDefault } from "./core/limits.ts";
import { protocols } from "./core/protocols.ts";
import type { Secret } from "./core/secret.ts";
import { createGateway } from "./gateway/gateway.ts";
import { RingShelf } from "./gateway/ring-shelf.ts";
import { createSearchGateway } from "./gateway/search-gateway.ts";
import { createSearcher } from "./gateway/searcher.ts";
import type { AttemptEvent, Caller, KeyValidation, Shapes, UsageEvent, UsageSink } from "./ports.ts";
import { openai } from "./providers/openai/openai.ts";
import { openrouter } from "./providers/openrouter/openrouter.ts";
import { searxng } from "./providers/searxng/searxng.ts";
import { serper, serperUrl } from "./providers/serper/serper.ts";

export interface RouterOptions {
  readonly config: RouterConfig;
  readonly log: Logger;
  /** One variable of the environment: the keys, by the names that the route table gives. */
  readonly readVariable: (name: string) => string | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: Partial<Limits>;
  readonly policy?: Partial<AttemptPolicy>;
  /** Told of every settlement, beside the log and the metrics. */
  readonly usage?: UsageSink;
  /** Told when a budget is nearly or wholly used up, beside the log. */
  readonly onBudgetAlert?: (alert: BudgetAlert) => void;
  /** Of a process that is collected at rest. */
  readonly shapes?: Shapes;
}

export interface Router {
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number | undefined;
  /** Requests that are being answered. */
  requests(): number;
  /** All that were let in. */
  requestsSoFar(): number;
  /** Takes no new request, lets the running ones end within their time, then closes everything. */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/** Opens everything; when something fails, what was opened before it is closed again. */
export const openRouter = async (options: RouterOptions): Promise<Router> => {
  const scope = new Scope();
  try {
    return await open(options, scope);
  } catch (error) {
    await scope.close();
    throw error;
  }
};

const dialects = { openai, openrouter, demo: { baseUrl: "", headers: () => ({}) } };

const addresses = { openai: openai.baseUrl, openrouter: openrouter.baseUrl, demo: "", serper: serperUrl };

const open = async (options: RouterOptions, scope: Scope): Promise<Router> => {
  const { config, log, readVariable } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const limits = { ...limitsDefault, ...options.limits };
  const policy = { ...attemptPolicyDefault, ...options.policy };

  const shapes = options.shapes ?? { keep: () => {} };

  const settings = await openSettings({
    ...config.routes,
    readVariable,
    addresses,
    events: {
      reloaded: () => log.info({ path: config.routes.path }, "routes.reloaded"),
      refused: (problems) => log.error({ path: config.routes.path, problems }, "routes.refused"),
    },
  });
  scope.add(() => settings.close());

  const upstream = createUndiciUpstream({
    connectMs: policy.connectMs,
    connections: config.connectionsPerProvider,
    shapes,
  });
  scope.add(() => upstream.close());
  const guarded = createUndiciUpstream({
    connectMs: policy.connectMs,
    connections: config.connectionsPerProvider,
    shapes,
    allowedRanges: () => settings.current().allowedRanges,
  });
  scope.add(() => guarded.close());
  const routerLog = createRouterLog(log, () => clock.nowMs());
  const counters = await startCounters(config.redisUrl, clock, log);
  scope.add(() => counters.close());
  const metrics = createMetrics({
    running: () => front.requests,
    ...("isAway" in counters && { areCountersAway: () => counters.isAway }),
  });
  scope.add(() => metrics.registry.clear());
  const limiter = createLimiter(counters);
  const budgets = createBudgetKeeper({
    clock,
    alert: (alert) => {
      log.warn(alert, "budget.reached");
      options.onBudgetAlert?.(alert);
    },
  });
  const control = await openControl(
    { ...options, clock, random, settings, registry: metrics.registry },
    scope,
  );
  if (!control && !settings.hasCallers) log.warn({ variable: "CMDOP_ROUTER_KEYS" }, "callers.none");
  const sinks: readonly UsageSink[] = [
    routerLog,
    metrics,
    limiter,
    budgets,
    ...(control ? [control] : []),
    ...(options.usage ? [options.usage] : []),
  ];

  const shared = {
    routing: settings,
    rings: new RingShelf(policy.breaker),
    usage: {
      record: (event: UsageEvent, caller: Caller) => {
        for (const sink of sinks) sink.record(event, caller);
      },
    },
    log: {
      attempted: (attempt: AttemptEvent) => {
        routerLog.attempted(attempt);
        metrics.attempted(attempt);
      },
    },
    policy,
    limits,
    clock,
    random,
    shapes,
  };
  const searcher = createSearcher({ ...shared, dialects: { serper, searxng }, upstream, guarded });
  const validator = createSchemaValidator({ clock, cpuMs: limits.schemaCpuMs });
  scope.add(() => validator.close());
  const gateway = createGateway({
    ...shared,
    searcher,
    validator,
    dialects,
    guarded,
    upstreams: { openai: upstream, openrouter: upstream, demo: createDemoUpstream(clock, random) },
  });
  const tracing = config.tracing && (await startTracing(config.tracing, log));
  if (tracing) scope.add(() => tracing.close());
  const search = createSearchGateway({ ...shared, searcher });
  const front = createHttpFront({
    gateway,
    search,
    routing: settings,
    keys: control ?? settings,
    limiter,
    budgets,
    tracing,
    protocols,
    limits,
    clock,
    random,
    shapes,
    log: {
      failed: routerLog.failed,
      refused: (refused) => {
        routerLog.refused(refused);
        metrics.refused(refused.refusal);
      },
    },
  });
  scope.add(() => front.close());

  const metricsListener =
    config.metricsPort === undefined
      ? undefined
      : await serveMetrics({
          server: createServer(),
          port: config.metricsPort,
          variable: "CMDOP_ROUTER_METRICS_PORT",
          registry: metrics.registry,
          isReady: () => front.isReady,
        });
  if (metricsListener) scope.add(() => metricsListener.close());
  const { host, port } = await front.listen(config.host, config.port).catch((error: unknown) => {
    throw nameTheVariable(error, config);
  });
  log.info(
    { host, port, metricsPort: metricsListener?.port, providers: [...settings.current().targets.keys()] },
    "router.listening",
  );

  const close = async (): Promise<void> => {
    await scope.close();
    log.info({}, "router.closed");
  };
  return {
    host,
    port,
    metricsPort: metricsListener?.port,
    requests: () => front.requests,
    requestsSoFar: () => front.requestsSoFar,
    drain: async () => {
      log.info({ requests: front.requests }, "router.draining");
      await front.drain(config.drainMs);
      // What did not end in time is settled too.
      await front.close();
      // Its disk may go with it.
      const isTold = await control?.untilTold(lastWordMs);
      if (isTold === false) log.warn({}, "outbox.kept");
      await close();
    },
    close,
  };
};

/** For what the control plane was not told yet, once the last request is over. */
const lastWordMs = 5_000;

/** Undefined: keys stand in the route table and the environment alone. */
const openControl = async (
  {
    config,
    log,
    clock,
    random,
    settings,
    registry,
  }: Pick<RouterOptions, "config" | "log"> & {
    readonly clock: Clock;
    readonly random: Random;
    readonly settings: KeyValidation;
    readonly registry: Registry;
  },
  scope: Scope,
): Promise<ControlPlane | undefined> => {
  const { directory, url } = config.control;
  const access = await readControlAccess(directory, url);
  if (!access) return undefined;
  const edge = await openRouterEdge({ access, directory: join(directory, "edge"), clock, random, log });
  scope.add(() => edge.close());
  addEdgeMetrics(registry, edge);
  const lost = (): void => log.error({}, "outbox.full");
  return createControlPlane({ edge, local: settings, addresses, clock, random, lost });
};

const startCounters = async (
  url: Secret | undefined,
  clock: Clock,
  log: Logger,
): Promise<Counters | SharedCounters> => {
  if (!url) return createCounters();
  return openSharedCounters({
    url: url.reveal(),
    clock,
    events: {
      away: (cause) => log.warn({ err: cause }, "counters.away"),
      back: () => log.info({}, "counters.back"),
    },
  });
};

/** Its packages are loaded when it is on, and not otherwise. */
const startTracing = async (
  options: NonNullable<RouterConfig["tracing"]>,
  log: Logger,
): Promise<ClosableTracing> => {
  const { openTracing } = await import("./adapters/tracing/tracing.ts");
  return openTracing({
    ...options,
    events: {
      failing: (cause) => log.warn({ err: cause }, "tracing.export_failing"),
      recovered: () => log.info({}, "tracing.export_recovered"),
    },
  });
};

const nameTheVariable = (error: unknown, config: RouterConfig): unknown =>
  error instanceof Error && "code" in error && error.code === "EADDRINUSE"
    ? new Failure(
        "port_in_use",
        `Port ${config.port} on ${config.host} is in use: stop what uses it, or choose another with CMDOP_ROUTER_PORT.`,
        { cause: error },
      )
    : error;
