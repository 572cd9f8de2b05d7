// When to dial which relay, and what to do with links: the decisions, without a socket, a timer or a clock.
//
// It knows nothing of gRPC, TLS or sessions. Whoever owns it reports what happened, with the time, carries out the
// effects that come back, and calls `tick` no later than `nextWakeMs`.
//
// Invariants
// I1  At most one attempt is being dialled or proved, and at most one link is current; links that a drain has
//     replaced run on beside it until they end or their time is over.
// I2  A drain makes before it breaks: the old link is not closed here before another is linked.
// I3  What happens to an attempt that is no longer known changes nothing.
// I4  Between two attempts lies a wait, and it has a jitter; a refusal that time does not mend gets a long one.

import { Backoff, type BackoffPolicy, type Failure, type FailureCode, type Random } from "@cmdop/base";

export interface LinkPolicy {
  readonly redial: BackoffPolicy;
  /** Waits after a refusal that will be repeated (revoked, not proven, wrong certificate) by every relay. */
  readonly refused: BackoffPolicy;
  /** Waits after another process with this machine's identity took over. */
  readonly superseded: BackoffPolicy;
  /** A link that held for this long counts as a success: waits begin at the first again. */
  readonly settledMs: number;
  /** For so long after a settled link is lost no wait is longer than `quickMaxMs`: most often a relay restarts. */
  readonly quickMs: number;
  readonly quickMaxMs: number;
  /** From dialling to the relay's challenge, and from the proof to its answer. */
  readonly dialMs: number;
  readonly proveMs: number;
  /** Spread of the redials that one drain causes. */
  readonly moveJitterMs: number;
  /** How long a replaced link may outlive the time that its relay gave it. */
  readonly retireGraceMs: number;
}

export const linkPolicy: LinkPolicy = {
  redial: { firstMs: 50, maxMs: 10_000 },
  refused: { firstMs: 60_000, maxMs: 300_000 },
  superseded: { firstMs: 60_000, maxMs: 900_000 },
  settledMs: 5_000,
  quickMs: 5_000,
  quickMaxMs: 500,
  dialMs: 15_000,
  proveMs: 10_000,
  moveJitterMs: 1_000,
  retireGraceMs: 2_000,
};

/** Refusals that the same request meets again until somebody changes something. */
const permanentCodes: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "unauthenticated",
  "token_expired",
  "token_revoked",
  "token_limit_reached",
  "identity_unproven",
  "permission_denied",
  "untrusted_relay",
  "plaintext_refused",
  "not_configured",
  "unimplemented",
]);

export interface LiveLink {
  readonly attempt: number;
  readonly relay: string;
  readonly relayId: string;
  readonly machineId: string;
  readonly sinceMs: number;
}

export type Seeking =
  | {
      readonly kind: "waiting";
      readonly relay: string;
      readonly sinceMs: number;
      readonly retryAtMs: number;
      readonly failure: Failure | undefined;
    }
  | {
      readonly kind: "dialing" | "proving";
      readonly relay: string;
      readonly sinceMs: number;
      readonly attempt: number;
      readonly deadlineMs: number;
    };

export type LinkState =
  | Seeking
  | { readonly kind: "linked"; readonly link: LiveLink }
  | { readonly kind: "draining"; readonly link: LiveLink; readonly next: Seeking }
  | { readonly kind: "stopped" };

export type LinkEffect =
  | { readonly kind: "dial"; readonly attempt: number; readonly relay: string }
  | { readonly kind: "prove"; readonly attempt: number; readonly relayId: string; readonly nonce: Uint8Array }
  /** The link is current now: report what changed since its Register. */
  | { readonly kind: "linked"; readonly attempt: number }
  | { readonly kind: "goodbye"; readonly attempt: number }
  | { readonly kind: "close"; readonly attempt: number };

interface Retiring {
  readonly attempt: number;
  readonly endsAtMs: number;
}

export interface LinkCoreOptions {
  /** The first is preferred; at least one. */
  readonly relays: readonly string[];
  readonly random: Random;
  readonly policy?: LinkPolicy;
  /** Whether an address that a relay's Move names may be dialled; those of the list always may. */
  readonly mayMoveTo?: (relay: string) => boolean;
}

export class LinkCore {
  readonly #relays: readonly string[];
  readonly #random: Random;
  readonly #policy: LinkPolicy;
  readonly #mayMoveTo: (relay: string) => boolean;
  readonly #redial: Backoff;
  readonly #refused: Backoff;
  readonly #superseded: Backoff;
  #state: LinkState;
  #retiring: readonly Retiring[] = [];
  #attempts = 0;
  /** Relays in a row that refused for good; a round of them makes the wait long. */
  #refusals = 0;
  #quickUntilMs = Number.NEGATIVE_INFINITY;
  #drainEndsAtMs = 0;

  constructor({ relays, random, policy = linkPolicy, mayMoveTo = () => false }: LinkCoreOptions) {
    const [preferred] = relays;
    if (preferred === undefined) throw new Error("a link needs a relay");
    this.#relays = relays;
    this.#random = random;
    this.#policy = policy;
    this.#mayMoveTo = mayMoveTo;
    this.#redial = new Backoff(policy.redial, random);
    this.#refused = new Backoff(policy.refused, random);
    this.#superseded = new Backoff(policy.superseded, random);
    this.#state = {
      kind: "waiting",
      relay: preferred,
      sinceMs: 0,
      retryAtMs: Number.POSITIVE_INFINITY,
      failure: undefined,
    };
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Links that carry orders and reports now, the current one first. */
  get liveAttempts(): readonly number[] {
    const state = this.#state;
    const current = state.kind === "linked" || state.kind === "draining" ? [state.link.attempt] : [];
    return [...current, ...this.#retiring.map(({ attempt }) => attempt)];
  }

  get nextWakeMs(): number {
    const seeking = this.#seeking();
    const times = this.#retiring.map(({ endsAtMs }) => endsAtMs);
    if (seeking) times.push(seeking.kind === "waiting" ? seeking.retryAtMs : seeking.deadlineMs);
    return Math.min(Number.POSITIVE_INFINITY, ...times);
  }

  /** Dials at once where it waits: at the start, and when what was refused has changed (a new token). */
  dialNow(nowMs: number): LinkEffect[] {
    const seeking = this.#seeking();
    return seeking?.kind === "waiting" ? this.#dial(seeking.relay, nowMs) : [];
  }

  tick(nowMs: number): LinkEffect[] {
    const effects: LinkEffect[] = [];
    const over = this.#retiring.filter(({ endsAtMs }) => endsAtMs <= nowMs);
    if (over.length > 0) {
      this.#retiring = this.#retiring.filter(({ endsAtMs }) => endsAtMs > nowMs);
      for (const { attempt } of over) effects.push({ kind: "close", attempt });
    }
    const seeking = this.#seeking();
    if (seeking?.kind === "waiting" && seeking.retryAtMs <= nowMs)
      effects.push(...this.#dial(seeking.relay, nowMs));
    return effects;
  }

  /** The attempt whose time is over, for the owner to end with `timed_out`. */
  overdue(nowMs: number): number | undefined {
    const seeking = this.#seeking();
    return seeking && seeking.kind !== "waiting" && seeking.deadlineMs <= nowMs ? seeking.attempt : undefined;
  }

  challenged(
    attempt: number,
    challenge: { relayId: string; nonce: Uint8Array },
    nowMs: number,
  ): LinkEffect[] {
    const seeking = this.#seeking();
    if (seeking?.kind !== "dialing" || seeking.attempt !== attempt) return [];
    this.#seek({ ...seeking, kind: "proving", sinceMs: nowMs, deadlineMs: nowMs + this.#policy.proveMs });
    return [{ kind: "prove", attempt, ...challenge }];
  }

  registered(attempt: number, facts: { relayId: string; machineId: string }, nowMs: number): LinkEffect[] {
    const seeking = this.#seeking();
    if (seeking?.kind !== "proving" || seeking.attempt !== attempt) return [];
    if (this.#state.kind === "draining") {
      const old = this.#state.link.attempt;
      const endsAtMs = Math.max(nowMs, this.#drainEndsAtMs) + this.#policy.retireGraceMs;
      this.#retiring = [...this.#retiring, { attempt: old, endsAtMs }];
    }
    this.#refusals = 0;
    this.#refused.reset();
    this.#state = { kind: "linked", link: { attempt, relay: seeking.relay, ...facts, sinceMs: nowMs } };
    return [{ kind: "linked", attempt }];
  }

  /** The relay asks to dial elsewhere within a time; the link runs on until then. */
  moved(attempt: number, move: { relays: readonly string[]; withinMs: number }, nowMs: number): LinkEffect[] {
    const state = this.#state;
    // A second Move, or one from a link that was replaced already, asks for what is under way.
    if (state.kind !== "linked" || state.link.attempt !== attempt) return [];
    const named = move.relays.find((relay) => this.#relays.includes(relay) || this.#mayMoveTo(relay));
    const other = this.#relays.find((relay) => relay !== state.link.relay);
    const relay = named ?? other ?? state.link.relay;
    const spreadMs = Math.min(this.#policy.moveJitterMs, move.withinMs / 4);
    const retryAtMs = nowMs + spreadMs * this.#random.fraction();
    this.#drainEndsAtMs = nowMs + move.withinMs;
    this.#redial.reset();
    this.#state = {
      kind: "draining",
      link: state.link,
      next: { kind: "waiting", relay, sinceMs: nowMs, retryAtMs, failure: undefined },
    };
    return [];
  }

  /** An attempt or a link is over. */
  ended(attempt: number, failure: Failure, nowMs: number): LinkEffect[] {
    if (this.#retiring.some((retiring) => retiring.attempt === attempt)) {
      this.#retiring = this.#retiring.filter((retiring) => retiring.attempt !== attempt);
      return [];
    }
    const state = this.#state;
    if (state.kind === "draining" && state.link.attempt === attempt) {
      // The replacement is sought already; from here on it is all there is.
      this.#state = state.next;
      this.#quickUntilMs = nowMs + this.#policy.quickMs;
      return [];
    }
    if (state.kind === "linked" && state.link.attempt === attempt) {
      if (nowMs - state.link.sinceMs >= this.#policy.settledMs) {
        this.#redial.reset();
        this.#quickUntilMs = nowMs + this.#policy.quickMs;
      }
      if (nowMs - state.link.sinceMs >= this.#policy.superseded.maxMs) this.#superseded.reset();
      this.#wait(state.link.relay, failure, nowMs);
      return [];
    }
    const seeking = this.#seeking();
    if (seeking && seeking.kind !== "waiting" && seeking.attempt === attempt) {
      this.#wait(seeking.relay, failure, nowMs);
    }
    return [];
  }

  /** Says goodbye on every link; nothing is dialled after it. */
  stop(): LinkEffect[] {
    const goodbyes = this.liveAttempts.map((attempt): LinkEffect => ({ kind: "goodbye", attempt }));
    const seeking = this.#seeking();
    this.#state = { kind: "stopped" };
    this.#retiring = [];
    const isOpen = seeking !== undefined && seeking.kind !== "waiting";
    return isOpen ? [...goodbyes, { kind: "close", attempt: seeking.attempt }] : goodbyes;
  }

  #seeking(): Seeking | undefined {
    const state = this.#state;
    if (state.kind === "draining") return state.next;
    return state.kind === "linked" || state.kind === "stopped" ? undefined : state;
  }

  #seek(next: Seeking): void {
    this.#state = this.#state.kind === "draining" ? { ...this.#state, next } : next;
  }

  #dial(relay: string, nowMs: number): LinkEffect[] {
    this.#attempts += 1;
    const attempt = this.#attempts;
    this.#seek({ kind: "dialing", relay, sinceMs: nowMs, attempt, deadlineMs: nowMs + this.#policy.dialMs });
    return [{ kind: "dial", attempt, relay }];
  }

  #wait(failedRelay: string, failure: Failure, nowMs: number): void {
    const relay = this.#relays[(this.#relays.indexOf(failedRelay) + 1) % this.#relays.length] ?? failedRelay;
    const retryAtMs = nowMs + this.#waitMs(failure, nowMs);
    // Another process is linked as this machine: dialling the next relay would take the machine from it again.
    const next = failure.code === "superseded" ? failedRelay : relay;
    this.#seek({ kind: "waiting", relay: next, sinceMs: nowMs, retryAtMs, failure });
  }

  #waitMs(failure: Failure, nowMs: number): number {
    if (failure.code === "superseded") return this.#superseded.nextMs();
    this.#refusals = permanentCodes.has(failure.code) ? this.#refusals + 1 : 0;
    // Each relay of the list is asked once before the wait is long.
    if (this.#refusals >= this.#relays.length) return this.#refused.nextMs();
    const redialMs = this.#redial.nextMs();
    const { quickMaxMs } = this.#policy;
    const isQuick = nowMs < this.#quickUntilMs && redialMs > quickMaxMs;
    const waitMs = isQuick ? (quickMaxMs / 2) * (1 + this.#random.fraction()) : redialMs;
    return Math.max(waitMs, Math.min(failure.retryAfterMs ?? 0, this.#policy.refused.maxMs));
  }
}
