// Keys and usage at the control plane, through an edge: it caches, follows revocations and keeps events on disk.
import { type Clock, type Random, randomBase62 } from "@cmdop/base";
import type { ActiveAnswer, Edge } from "@cmdop/edge";
import { refuse } from "../../core/refusals.ts";
import type { Caller, KeyValidation, UsageEvent, UsageSink, Verdict } from "../../ports.ts";
import { type Addresses, toCaller } from "./control-caller.ts";

export interface ControlPlaneOptions {
  readonly edge: Pick<Edge, "verdict" | "tell" | "untilTold">;
  /** Keys that the operator wrote into the route table or the environment: known without the control plane. */
  readonly local: KeyValidation;
  readonly addresses: Addresses;
  readonly clock: Clock;
  readonly random: Random;
  /** An event did not fit into the outbox. The edge tells the control plane how many, once it can. */
  readonly lost: () => void;
}

export type ControlPlane = KeyValidation & UsageSink & Pick<Edge, "untilTold">;

export const createControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { edge, local, clock, random } = options;
  /** One answer, one caller: an answer that was dropped takes its caller with it. */
  const callers = new WeakMap<ActiveAnswer, Caller>();

  const callerOf = (answer: ActiveAnswer): Verdict => {
    if (!answer.router) return notForRouter;
    const known = callers.get(answer) ?? toCaller(answer, answer.router, options.addresses);
    callers.set(answer, known);
    return { kind: "caller", caller: known };
  };

  return {
    validate: async (key, fleet, peer) => {
      const written = await local.validate(key, fleet, peer);
      if (written.kind === "caller") return written;
      const verdict = await edge.verdict(key.reveal(), fleet, peer);
      if (verdict.kind === "active") return callerOf(verdict.answer);
      if (verdict.kind === "unavailable") return { kind: "unavailable" };
      if (verdict.kind === "limited")
        return refuse("too_many_unknown_keys", { retryAfterMs: verdict.retryAfterMs });
      if (verdict.code === "forbidden") return notForRouter;
      return verdict.code === "fleet_required" ? fleetRequired : { kind: "unknown" };
    },
    record: (event, { account }) => {
      if (!account) return;
      const kept = edge.tell({
        kind: "usage",
        atMs: Math.trunc(clock.wallMs()),
        ...toSettlement(event),
        // Callers may choose a request's id; what counts once must be unique.
        requestId: `${event.requestId.slice(0, requestIdCharsMax)}.${randomBase62(22, random)}`,
        fleet: account.fleetId,
        tokenId: account.tokenId,
        accountId: account.accountId ?? null,
      });
      if (kept === "full") options.lost();
    },
    untilTold: (withinMs) => edge.untilTold(withinMs),
  };
};

const requestIdCharsMax = 100;
const labelCharsMax = 256;

const notForRouter = refuse("key_not_allowed");
const fleetRequired = refuse("invalid_value", {
  message: "The API key reaches several fleets: name one in the header X-Cmdop-Fleet.",
  param: "X-Cmdop-Fleet",
});

const toLabel = (text: string | undefined): string | null =>
  text === undefined ? null : text.slice(0, labelCharsMax);

const toSettlement = (event: UsageEvent) => ({
  machineId: event.machineId ?? null,
  endpoint: event.endpoint,
  requestedModel: toLabel(event.requestedModel),
  model: toLabel(event.model),
  provider: toLabel(event.provider),
  inputTokens: event.inputTokens,
  outputTokens: event.outputTokens,
  cachedInputTokens: event.cachedInputTokens,
  reasoningTokens: event.reasoningTokens,
  searches: event.searches,
  costMicros: event.cost === undefined ? null : Math.round(event.cost * 1_000_000),
  isEstimated: event.isEstimated,
  end: event.end,
  attempts: event.attempts,
  durationMs: Math.round(event.durationMs),
});
