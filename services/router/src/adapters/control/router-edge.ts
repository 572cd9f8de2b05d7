// The router's edge to the control plane, opened from its file.
import type { Clock, Random } from "@cmdop/base";
import { type ControlClientOptions, createControlClient, type Edge, openEdge } from "@cmdop/edge";
import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";

export interface RouterEdgeOptions {
  readonly access: ControlClientOptions;
  /** For the disk copies and the outbox. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Opening it needs no control plane. */
export const openRouterEdge = ({ access, directory, clock, random, log }: RouterEdgeOptions): Promise<Edge> =>
  openEdge({
    plane: "router",
    client: createControlClient(access),
    dir: directory,
    clock,
    random,
    log: {
      silent: (isSilent) => log.warn({ isSilent }, isSilent ? "control.silent" : "control.heard"),
      revoked: (rows) => log.info({ revocations: rows.length }, "control.revoked"),
      feedBroken: (how) => log.warn({ how }, "control.feed_broken"),
      snapshotFailed: (what) => log.debug({ what }, "control.snapshot_failed"),
      stateCorrupt: (part) => log.error({ part }, "control.state_corrupt"),
      stateUnwritable: (part, cause) => log.error({ part, err: cause }, "control.state_unwritable"),
      torn: (bytes) => log.warn({ bytes }, "outbox.torn"),
      diskFailed: (cause) => log.error({ err: cause }, "outbox.disk_failed"),
      deliveryFailed: () => log.debug({}, "outbox.delivery_failed"),
      refused: (numbers) => log.error({ events: numbers.length }, "outbox.refused"),
      witnessed: (size) => log.debug({ size }, "audit.witnessed"),
      witnessRefused: (alarm, sizes) => log.error({ alarm, ...sizes }, "audit.witness_refused"),
      witnessUnwritable: (cause) => log.error({ err: cause }, "audit.witness_unwritable"),
    },
  });

export const addEdgeMetrics = (registry: Registry, edge: Pick<Edge, "stats">): void => {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge("cmdop_router_control_silent", "1 while no news of revocations comes.", () =>
    edge.stats().isSilent ? 1 : 0,
  );
  gauge(
    "cmdop_router_unknown_keys_limited",
    "Keys not asked about since the start: too many unknown ones came from their address.",
    () => edge.stats().cache.limited,
  );
  gauge(
    "cmdop_router_outbox_events",
    "Events that the control plane has not taken yet.",
    () => edge.stats().outbox.depth,
  );
  gauge(
    "cmdop_router_outbox_lost",
    "Events that did not fit into the outbox since the start.",
    () => edge.stats().outbox.lost,
  );
  gauge(
    "cmdop_router_audit_witness_alarm",
    "1 while the audit log is not a continuation of what this router remembers of it.",
    () => (edge.stats().witness.alarm === undefined ? 0 : 1),
  );
  gauge(
    "cmdop_router_audit_witnessed_entries",
    "Entries of the audit log under the newest checkpoint that this router remembers.",
    () => edge.stats().witness.size,
  );
};
