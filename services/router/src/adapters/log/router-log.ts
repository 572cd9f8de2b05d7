import type { Logger } from "pino";
import type { Refusal } from "../../core/refusals.ts";
import type { AttemptLog, UsageEvent, UsageSink } from "../../ports.ts";

export interface RouterLog extends AttemptLog, UsageSink {
  refused(refusal: { readonly requestId: string; readonly refusal: Refusal }): void;
  failed(failure: { readonly requestId: string; readonly cause: unknown }): void;
}

/** Refusals that are logged per second; what is above it is counted and told in the next line. */
const refusalsPerSecond = 50;

/** A refusal's own text is not logged: a provider's may quote the prompt. */
export const createRouterLog = (logger: Logger, nowMs: () => number): RouterLog => {
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let logged = 0;
  let left = 0;
  return {
    attempted: (attempt) => {
      if (attempt.outcome === "answered") logger.debug(attempt, "attempt.answered");
      else logger.info(attempt, "attempt.failed");
    },
    record: (event: UsageEvent) => logger.info(event, "usage.settled"),
    refused: ({ requestId, refusal }) => {
      if (nowMs() - windowStartMs >= 1_000) {
        windowStartMs = nowMs();
        logged = 0;
      }
      logged += 1;
      if (logged > refusalsPerSecond) {
        left += 1;
        return;
      }
      const unlogged = left > 0 ? { unlogged: left } : {};
      left = 0;
      logger.info({ requestId, row: refusal.row, status: refusal.status, ...unlogged }, "request.refused");
    },
    failed: ({ requestId, cause }) => logger.error({ requestId, err: cause }, "request.failed"),
  };
};
