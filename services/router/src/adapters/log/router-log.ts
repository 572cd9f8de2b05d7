import type { Logger } from "pino";
import type { Refusal } from "../../core/refusals.ts";
import type { AttemptLog, UsageEvent, UsageSink } from "../../ports.ts";

export interface RouterLog extends AttemptLog, UsageSink {
  refused(refusal: { readonly requestId: string; readonly refusal: Refusal }): void;
  failed(failure: { readonly requestId: string; readonly cause: unknown }): void;
}

/** A refusal's own text is not logged: a provider's may quote the prompt. */
export const createRouterLog = (logger: Logger): RouterLog => ({
  attempted: (attempt) => {
    if (attempt.outcome === "answered") logger.debug(attempt, "attempt.answered");
    else logger.info(attempt, "attempt.failed");
  },
  record: (event: UsageEvent) => logger.info(event, "usage.settled"),
  refused: ({ requestId, refusal }) =>
    logger.info({ requestId, row: refusal.row, status: refusal.status }, "request.refused"),
  failed: ({ requestId, cause }) => logger.error({ requestId, err: cause }, "request.failed"),
});
