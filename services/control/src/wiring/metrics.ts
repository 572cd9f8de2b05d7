// What is counted, and where it is shown.
import { createServer } from "node:http";
import type { Clock } from "@cmdop/base";
import { type MetricsListener, serveMetrics } from "@cmdop/service";
import type { RevocationStreams } from "../adapters/internal/revocation-stream.ts";
import { createMeasures, createRegistry, registerGauges } from "../adapters/metrics/metrics.ts";
import { type Measures, noMeasures } from "../measures.ts";
import type { RevocationLog } from "../store/edges/revocation-log.ts";
import type { ControlDatabase } from "../store/schema.ts";
import { readStorageFacts } from "../store/storage-facts.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";
import type { ServedCertificate } from "./certificate.ts";

export interface Metrics {
  readonly measures: Measures;
  /** Once everything that is measured is there; undefined: it is switched off. */
  listen(source: {
    readonly database: Pick<ControlDatabase, "pool">;
    readonly unitOfWork: UnitOfWork;
    readonly revocations: Pick<RevocationLog, "head">;
    readonly revocationStreams: Pick<RevocationStreams, "count">;
    readonly certificate: ServedCertificate;
    readonly clock: Clock;
    readonly isReady: () => boolean;
  }): Promise<MetricsListener | undefined>;
}

export const createMetrics = (port: number | undefined): Metrics => {
  if (port === undefined) return { measures: noMeasures, listen: async () => undefined };
  const registry = createRegistry();
  return {
    measures: createMeasures(registry),
    listen: ({ database, unitOfWork, revocations, revocationStreams, certificate, clock, isReady }) => {
      registerGauges(registry, {
        pool: () => database.pool,
        revocations: () => ({ head: revocations.head, followers: revocationStreams.count }),
        certificateLeftMs: () => certificate.leftMs(),
        facts: () =>
          unitOfWork
            .read("all", (db) => readStorageFacts(db, new Date(clock.wallMs())))
            .catch(() => undefined),
      });
      return serveMetrics({
        server: createServer(),
        port,
        variable: "CMDOP_CONTROL_METRICS_PORT",
        registry,
        isReady,
      });
    },
  };
};
