import type { EdgeStats } from "@cmdop/edge";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { CoreStats } from "../../core/requests.ts";
import type { Counters } from "../../counters.ts";

// Prometheus metrics. Labels come from closed sets only: failure codes, reasons, event names; never an id or a name.

export interface MetricsSource {
  readonly counters: Counters;
  stats(): CoreStats;
  connections(): number;
  /** Of the certificate that is served. */
  certificateLeftMs(): number;
  /** Undefined: there is no control plane. */
  readonly edge?: (() => EdgeStats) | undefined;
}

export const createRegistry = ({
  counters,
  stats,
  connections,
  certificateLeftMs,
  edge,
}: MetricsSource): Registry => {
  const register = new Registry();
  const registers = [register];
  // The event loop's delay is sampled by a timer: its default of 10 ms wakes an idle relay a hundred times a second.
  collectDefaultMetrics({ register, prefix: "cmdop_relay_process_", eventLoopMonitoringPrecision: 100 });

  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `cmdop_relay_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name: `cmdop_relay_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  const labelled = (name: string, help: string, label: string, counts: ReadonlyMap<string, number>): void => {
    new Counter({
      name: `cmdop_relay_${name}_total`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of counts) this.inc({ [label]: value }, count);
      },
    });
  };

  gauge("links", "Machines linked now.", () => stats().links);
  gauge("machines", "Machines known, linked or not.", () => stats().machines);
  gauge("sessions", "Sessions known, live and ended.", () => stats().sessions);
  gauge("live_sessions", "Sessions whose execution runs.", () => stats().liveSessions);
  gauge("homes", "Home streams open now.", () => stats().homes);
  gauge("attachments", "Parties attached now.", () => stats().attachments);
  gauge("window_bytes", "Output kept in memory for replay.", () => stats().windowBytes);
  gauge("connections", "Connections open on the relay's port.", connections);
  gauge(
    "certificate_expires_seconds",
    "Until the certificate that is served runs out.",
    () => certificateLeftMs() / 1000,
  );
  counter("output_bytes", "Bytes of output received from sessions.", () => stats().outputBytes);
  counter("deliveries", "Output frames sent to attachments.", () => stats().deliveries);
  counter("snapshots", "Snapshots sent to attachments.", () => stats().snapshots);
  counter("received_bytes", "Bytes of messages received on streams.", () => counters.bytesIn);
  counter("sent_bytes", "Bytes of messages sent on streams.", () => counters.bytesOut);
  labelled("gaps", "Gaps declared to attachments.", "reason", counters.gaps);
  labelled("inputs_refused", "Inputs refused.", "reason", counters.inputRefusals);
  labelled("faults", "Streams and requests ended by a failure.", "code", counters.faults);
  labelled("events", "State transitions.", "event", counters.events);
  if (edge) {
    gauge("control_silent", "1 while no news of revocations comes.", () => (edge().isSilent ? 1 : 0));
    gauge("control_feed_lag_seconds", "Since the last line of the revocation feed; -1: none yet.", () => {
      const { quietMs } = edge();
      return quietMs === undefined ? -1 : quietMs / 1000;
    });
    gauge("control_revocation_seq", "The newest revocation known.", () => edge().cursor);
    gauge("control_answers", "Answers about tokens that are kept.", () => edge().answers);
    counter("control_answer_hits", "Tokens answered from memory.", () => edge().cache.hits);
    counter(
      "control_answer_stale_hits",
      "Tokens answered within the outage grace.",
      () => edge().cache.staleHits,
    );
    counter("control_answer_misses", "Tokens asked about.", () => edge().cache.misses);
    counter("control_answer_failures", "Questions that were not answered.", () => edge().cache.failures);
    counter(
      "control_unknown_tokens_limited",
      "Tokens not asked about: too many unknown ones came from their address.",
      () => edge().cache.limited,
    );
    gauge("outbox_events", "Events that the control plane has not taken.", () => edge().outbox.depth);
    gauge("outbox_bytes", "Bytes of the outbox, in memory and on disk.", () => edge().outbox.bytes);
    gauge("audit_witness_alarm", "1 while the audit log does not continue what is remembered of it.", () =>
      edge().witness.alarm === undefined ? 0 : 1,
    );
    gauge("audit_witnessed_entries", "Audit entries under the newest checkpoint remembered.", () => {
      return edge().witness.size;
    });
    counter("outbox_lost", "Events that could not be kept.", () => edge().outbox.lost);
  }
  return register;
};
