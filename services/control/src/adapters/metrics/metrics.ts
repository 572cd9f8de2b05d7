// Prometheus metrics. Labels come from closed sets only: operations, status classes, results; never an id or a name.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Measures } from "../../measures.ts";
import type { PoolStats } from "../../store/database.ts";
import type { StorageFacts } from "../../store/storage-facts.ts";

export interface MetricsSource {
  readonly pool: () => PoolStats;
  readonly revocations: () => { readonly head: number; readonly followers: number };
  /** Of the certificate that is served. */
  readonly certificateLeftMs: () => number;
  /** Asked of the database at each scrape; undefined: it does not answer. */
  readonly facts: () => Promise<StorageFacts | undefined>;
}

const prefix = "cmdop_control_";
/** Seconds. The target of an introspection is 10 ms. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export const createMeasures = (registry: Registry): Measures => {
  const registers = [registry];
  const requests = new Histogram({
    name: `${prefix}request_seconds`,
    help: "Requests by operation and class of status.",
    labelNames: ["operation", "status"],
    buckets,
    registers,
  });
  const introspections = new Counter({
    name: `${prefix}introspections_total`,
    help: "Questions of edges about tokens.",
    labelNames: ["result"],
    registers,
  });
  const events = new Counter({
    name: `${prefix}edge_events_total`,
    help: "Events that edges reported.",
    labelNames: ["result"],
    registers,
  });
  return {
    answered: (operation, status, seconds) =>
      requests.observe({ operation: operation ?? "none", status: `${Math.floor(status / 100)}xx` }, seconds),
    introspected: (result) => introspections.inc({ result }),
    eventsTaken: (taken, refused) => {
      events.inc({ result: "taken" }, taken);
      events.inc({ result: "refused" }, refused);
    },
  };
};

export const createRegistry = (): Registry => {
  const register = new Registry();
  // The event loop's delay is sampled by a timer: its default of 10 ms wakes an idle process a hundred times a second.
  collectDefaultMetrics({ register, prefix: `${prefix}process_`, eventLoopMonitoringPrecision: 100 });
  return register;
};

export const registerGauges = (
  registry: Registry,
  { pool, revocations, certificateLeftMs, facts }: MetricsSource,
): void => {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge("database_connections", "Connections to the database.", () => pool().connections);
  gauge("database_idle_connections", "Of these, not in use.", () => pool().idle);
  gauge("database_waiting", "Requests that wait for a connection.", () => pool().waiting);
  gauge("revocation_followers", "Edges that follow revocations.", () => revocations().followers);
  gauge(
    "certificate_expires_seconds",
    "Until the certificate that is served runs out.",
    () => certificateLeftMs() / 1000,
  );
  gauge("revocation_seq", "The newest revocation.", () => revocations().head);

  const stored = {
    audit_entries: "Entries of the audit log.",
    edge_streams: "Streams of events of edges.",
    edge_stream_quiet_seconds: "Since the last event of the quietest edge of the last hour.",
    schedule_lag_seconds: "How long the schedule that waits longest has been due.",
  } as const satisfies Record<keyof StorageFacts, string>;
  // One question a scrape, for all of them.
  let asked: Promise<StorageFacts | undefined> | undefined;
  const ask = (): Promise<StorageFacts | undefined> => {
    asked ??= facts().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  for (const [name, help] of Object.entries(stored)) {
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      async collect() {
        const found = await ask();
        // Not the last value that was known: a database that is away must be seen.
        this.set(found?.[name as keyof StorageFacts] ?? Number.NaN);
      },
    });
  }
  new Gauge({
    name: `${prefix}database_up`,
    help: "1 while the database answers.",
    registers,
    async collect() {
      this.set((await ask()) ? 1 : 0);
    },
  });
};
