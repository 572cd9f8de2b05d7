import type { AttemptFailure } from "../core/attempt-policy.ts";
import { refuse } from "../core/refusals.ts";
import type { Attempt } from "./attempt.ts";

/** A request that brought no answer at all. */
export const unreached = (phase: "connect" | "answer", attempt: Attempt): AttemptFailure => {
  const { expired } = attempt;
  return {
    kind: "provider",
    isRepeatable: expired === undefined,
    retryAfterMs: undefined,
    refusal:
      expired === undefined
        ? refuse("upstream_error", {
            message:
              phase === "connect"
                ? "The provider cannot be reached."
                : "The provider ended the connection before it answered.",
          })
        : refuse(expired === "firstContent" ? "upstream_stalled" : "upstream_timeout"),
  };
};
