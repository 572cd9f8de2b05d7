import type { Failure } from "@cmdop/base";
import type { Logger } from "pino";
import type { Counters } from "../../counters.ts";
import type { Journal, JournalEvent } from "../../ports.ts";
import type { RefusalLog } from "../../relay-context.ts";

/** Refusals that are logged per second; what is above it is counted and told in the next line. */
const refusalsPerSecond = 50;

export interface RelayLog extends Journal, RefusalLog {}

export const createRelayLog = (logger: Logger, counters: Counters, nowMs: () => number): RelayLog => {
  let windowStartMs = 0;
  let logged = 0;
  let left = 0;
  return {
    record: (event: JournalEvent) => {
      const { name, ...fields } = event;
      counters.event(name);
      logger.info(fields, name);
    },
    refused: (what: string, peer: string, failure: Failure) => {
      const now = nowMs();
      if (now - windowStartMs >= 1000) {
        windowStartMs = now;
        logged = 0;
      }
      logged += 1;
      if (logged > refusalsPerSecond) {
        left += 1;
        return;
      }
      const unlogged = left > 0 ? { unlogged: left } : {};
      left = 0;
      const fields = { what, peer, code: failure.code, ...unlogged };
      // The cause of an internal failure is ours, not the peer's: it is what one needs to find it.
      if (failure.code === "internal") logger.error({ ...fields, err: failure.cause }, "edge.failed");
      else logger.info(fields, "edge.refused");
    },
  };
};
