import { hashOpaqueToken, parseOpaqueToken } from "@cmdop/authority";
import { type Clock, Failure, toFailure } from "@cmdop/base";
import { LRUCache } from "lru-cache";
import type { AnswerCopies } from "./answer-copies.ts";
import { type ActiveAnswer, type InactiveAnswer, internalLimits, type OutagePolicy } from "./contract.ts";
import type { ControlClient } from "./control-client.ts";
import { edgeLimits } from "./limits.ts";
import type { RevocationFence } from "./revocation-fence.ts";
import { UnknownTokens } from "./unknown-tokens.ts";

// What the control plane said about opaque tokens, kept by the SHA-256 of the token and the fleet asked for.
//
// C1 A text that is no token is refused without a call.
// C2 One call at a time for one token and fleet, however many ask.
// C3 An answer below the fence of one of its subjects is thrown away and asked for again; it is never kept or used.
// C4 A kept answer is used within `freshForMs`; while the control plane cannot be asked, within `usableForMs` in a
//    fleet of `best_effort`; never past `notAfterMs`.
// C5 Answers, and calls under way, are bounded.
// C6 An answer from a copy on disk is never fresh: the control plane is asked before it is used.
// C7 Questions about tokens that prove to be unknown, or about fleets where they are nobody's, are bounded by the caller's address.

export type TokenVerdict =
  | { readonly kind: "active"; readonly answer: ActiveAnswer; readonly isFirstUse: boolean }
  | { readonly kind: "inactive"; readonly code: InactiveAnswer["code"] }
  /** The control plane could not be asked and nothing that is kept may be used. */
  | { readonly kind: "unavailable" }
  /** Too many tokens that nobody knows came from this address: not asked about. */
  | { readonly kind: "limited"; readonly retryAfterMs: number };

export interface IntrospectionCacheOptions {
  readonly client: Pick<ControlClient, "introspect">;
  readonly fence: RevocationFence;
  readonly copies: Pick<AnswerCopies, "keep" | "find" | "forget">;
  readonly clock: Clock;
  readonly need: "relay" | "router";
  /** Whether no news of revocations comes. */
  readonly isSilent: () => boolean;
  /** The newest policy known; undefined: the answer's own counts. */
  readonly outageOf: (fleetId: string) => OutagePolicy | undefined;
  readonly answersMax?: number;
}

interface Kept {
  readonly answer: ActiveAnswer | InactiveAnswer;
  /** Monotonic. */
  readonly atMs: number;
  readonly isCopy?: true;
}

type Asked =
  | { readonly kind: "answer"; readonly answer: ActiveAnswer | InactiveAnswer }
  | { readonly kind: "failed"; readonly failure: Failure };

export interface CacheCounts {
  hits: number;
  staleHits: number;
  misses: number;
  failures: number;
  overtaken: number;
  limited: number;
}

export class IntrospectionCache {
  readonly counts: CacheCounts = { hits: 0, staleHits: 0, misses: 0, failures: 0, overtaken: 0, limited: 0 };
  readonly #options: IntrospectionCacheOptions;
  readonly #unknown: UnknownTokens;
  readonly #kept: LRUCache<string, Kept>;
  readonly #bySubject = new Map<string, Set<string>>();
  readonly #asking = new Map<string, Promise<Asked>>();
  /** Answers to questions asked before this are not trusted: something was missed. */
  #answersFrom = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: IntrospectionCacheOptions) {
    this.#options = options;
    this.#unknown = new UnknownTokens(options.clock);
    this.#kept = new LRUCache<string, Kept>({
      max: options.answersMax ?? edgeLimits.answersMax,
      dispose: ({ answer }, key) => this.#unlist(answer, key),
    });
  }

  get size(): number {
    return this.#kept.size;
  }

  /** `peer`: the caller's address, without a port; undefined: the caller is not counted. */
  async verdict(token: string, fleet: string | undefined, peer?: string): Promise<TokenVerdict> {
    const parsed = parseOpaqueToken(token);
    if (!parsed) return { kind: "inactive", code: "unknown" };
    const key = `${hashOpaqueToken(token).toString("base64url")} ${fleet ?? ""}`;
    const kept = this.#kept.get(key) ?? this.#restore(key, token);
    const ageMs = kept ? this.#options.clock.nowMs() - kept.atMs : Number.POSITIVE_INFINITY;
    if (kept && !kept.isCopy && ageMs < freshForMs(kept.answer)) {
      this.counts.hits += 1;
      return this.#use(kept.answer, false);
    }
    const isPausing = this.#options.clock.nowMs() - this.#failedAtMs < edgeLimits.outagePauseMs;
    if (kept && isPausing && this.#isUsable(kept, ageMs)) {
      this.counts.staleHits += 1;
      return this.#use(kept.answer, false);
    }
    const isCounted = peer !== undefined && !kept?.answer.active && !this.#asking.has(key);
    const turn = isCounted ? this.#unknown.take(peer) : undefined;
    if (turn?.kind === "refused") {
      this.counts.limited += 1;
      // In an outage that is what is wrong, and not the caller.
      return isPausing || this.#options.isSilent()
        ? { kind: "unavailable" }
        : { kind: "limited", retryAfterMs: turn.retryAfterMs };
    }
    const asked = await this.#ask(key, token, fleet);
    if (asked.kind === "answer" && isKnown(asked.answer, fleet)) turn?.giveBack();
    if (asked.kind === "answer") return this.#use(asked.answer, kept === undefined);
    // The answer may have been revoked, or dropped, while the call was under way.
    const still = this.#kept.peek(key);
    const stillAgeMs = still ? this.#options.clock.nowMs() - still.atMs : 0;
    if (!still || !this.#isUsable(still, stillAgeMs))
      return this.#options.fence.has(parsed.id)
        ? { kind: "inactive", code: "revoked" }
        : { kind: "unavailable" };
    this.counts.staleHits += 1;
    return this.#use(still.answer, false);
  }

  /** These subjects were revoked: the fence knows it already. */
  revoked(subjects: readonly string[]): void {
    for (const subject of subjects) {
      for (const key of [...(this.#bySubject.get(subject) ?? [])]) {
        const kept = this.#kept.peek(key);
        if (!kept?.answer.active || !this.#isOver(kept.answer)) continue;
        this.#kept.delete(key);
        this.#options.copies.forget(key);
      }
    }
  }

  /** Revocations were missed: nothing kept is trusted, nor what was asked before. `upTo`: a revocation among them. */
  dropAll(upTo: number): void {
    this.#answersFrom = upTo;
    this.#kept.clear();
    this.#bySubject.clear();
  }

  #isOver(answer: ActiveAnswer): boolean {
    return this.#options.fence.isStale(answer.revocationSubjects, answer.revSeq);
  }

  #isUsable({ answer }: Kept, ageMs: number): boolean {
    if (!answer.active) return false;
    const policy = this.#options.outageOf(answer.fleet.id) ?? answer.fleet.outage;
    return policy === "best_effort" && ageMs < answer.usableForMs;
  }

  #use(answer: ActiveAnswer | InactiveAnswer, isFirstUse: boolean): TokenVerdict {
    if (!answer.active) return { kind: "inactive", code: answer.code };
    if (answer.notAfterMs !== null && this.#options.clock.wallMs() >= answer.notAfterMs)
      return { kind: "inactive", code: "expired" };
    const policy = this.#options.outageOf(answer.fleet.id) ?? answer.fleet.outage;
    if (policy === "strict" && this.#options.isSilent()) return { kind: "unavailable" };
    return { kind: "active", answer, isFirstUse };
  }

  #ask(key: string, token: string, fleet: string | undefined): Promise<Asked> {
    const running = this.#asking.get(key);
    if (running) return running;
    if (this.#asking.size >= edgeLimits.introspectionsMax)
      return Promise.resolve({ kind: "failed", failure: new Failure("authority_unavailable") });
    this.counts.misses += 1;
    const asking = this.#call(key, token, fleet).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #call(key: string, token: string, fleet: string | undefined): Promise<Asked> {
    const { client, need, clock } = this.#options;
    try {
      for (let attempt = 0; attempt < edgeLimits.staleAnswersMax; attempt += 1) {
        const askedAtMs = clock.nowMs();
        const answer = await client.introspect({ token, need, ...(fleet === undefined ? {} : { fleet }) });
        if (answer.revSeq < this.#answersFrom || (answer.active && this.#isOver(answer))) {
          this.counts.overtaken += 1;
          continue;
        }
        this.#failedAtMs = Number.NEGATIVE_INFINITY;
        this.#keep(key, { answer, atMs: askedAtMs });
        this.#copy(key, token, answer, askedAtMs);
        return { kind: "answer", answer };
      }
      return { kind: "failed", failure: new Failure("authority_unavailable") };
    } catch (cause) {
      this.counts.failures += 1;
      this.#failedAtMs = clock.nowMs();
      return { kind: "failed", failure: toFailure(cause) };
    }
  }

  /** A restart, or the bound on what is kept in memory, lost the answer: its copy stands in for it. */
  #restore(key: string, token: string): Kept | undefined {
    const copy = this.#options.copies.find(key, token);
    if (!copy) return undefined;
    if (this.#isOver(copy.answer)) {
      this.#options.copies.forget(key);
      return undefined;
    }
    const kept: Kept = { ...copy, isCopy: true };
    this.#keep(key, kept);
    return kept;
  }

  /** Only what an outage allows to be used. */
  #copy(key: string, token: string, answer: ActiveAnswer | InactiveAnswer, atMs: number): void {
    const { copies, outageOf } = this.#options;
    const isUsable = answer.active && (outageOf(answer.fleet.id) ?? answer.fleet.outage) === "best_effort";
    if (isUsable) copies.keep(key, token, { answer, atMs });
    else copies.forget(key);
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    if (!kept.answer.active) return;
    for (const subject of kept.answer.revocationSubjects) {
      const keys = this.#bySubject.get(subject);
      if (keys) keys.add(key);
      else this.#bySubject.set(subject, new Set([key]));
    }
  }

  #unlist(answer: ActiveAnswer | InactiveAnswer, key: string): void {
    if (!answer.active) return;
    for (const subject of answer.revocationSubjects) {
      const keys = this.#bySubject.get(subject);
      keys?.delete(key);
      if (keys?.size === 0) this.#bySubject.delete(subject);
    }
  }
}

/** Not a guess: whoever holds a good token may name any number of fleets with it. */
const isKnown = (answer: ActiveAnswer | InactiveAnswer, fleet: string | undefined): boolean =>
  answer.active || (answer.code !== "unknown" && !(answer.code === "forbidden" && fleet !== undefined));

const freshForMs = (answer: ActiveAnswer | InactiveAnswer): number =>
  answer.active ? Math.min(answer.freshForMs, answer.usableForMs) : internalLimits.negativeForMs;
