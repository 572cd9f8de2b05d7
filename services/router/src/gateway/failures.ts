import type { AttemptFailure } from "../core/attempt-policy.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { UnansweredPhase } from "../ports.ts";
import type { Attempt } from "./attempt.ts";

/** A request that brought no answer at all. */
export const unreached = (phase: UnansweredPhase, attempt: Attempt): AttemptFailure => {
  if (phase === "refused")
    return { kind: "caller", refusal: refuse("provider_address_refused", { param: "model" }) };
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

/** Keys that the caller brought are the caller's to mend; undefined: the provider is the operator's. */
export const toKeysRefused = ({
  provider: { name, owner },
}: {
  readonly provider: { readonly name: string; readonly owner?: string };
}): Refusal | undefined =>
  owner === undefined
    ? undefined
    : refuse("provider_key_rejected", { message: `${name} refused the key that was brought for it.` });
