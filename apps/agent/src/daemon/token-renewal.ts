// When the machine's token is renewed at the control plane: at half of its time, soon after a relay has said that it no
// longer holds (the machine was renamed, moved or given a new key), and again, with growing waits, while that fails. The relays take an old one for a while when the control plane is away; there is no hurry then either.
import { Backoff, type BackoffPolicy, type Clock, type Failure, type Random, toFailure } from "@cmdop/base";
import { failureFields, type Log } from "./log.ts";

export interface TokenRenewalOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The token of now. */
  readToken(): Promise<string>;
  /** Writes the next one to its file, and says until when it is good. Undefined: it cannot be renewed. */
  renew(): Promise<{ readonly expiresAtMs: number } | undefined>;
}

const retry: BackoffPolicy = { firstMs: 1_000, maxMs: 60_000 };
/** A refusal is repeated until somebody changes something at the control plane. */
const refusedMs = 60_000;
/** After a relay's refusal; growing while one follows the other, so that none of them makes a storm. */
const refusedByRelay: BackoffPolicy = { firstMs: 200, maxMs: 60_000 };
const mended: ReadonlySet<string> = new Set([
  "token_revoked",
  "token_expired",
  "identity_unproven",
  "unauthenticated",
]);
const shortestMs = 1_000;
/** Timers take 31 bits of milliseconds; a token of more than two days is looked at every day. */
const longestMs = 24 * 3_600_000;

export class TokenRenewal {
  readonly #options: TokenRenewalOptions;
  readonly #backoff: Backoff;
  readonly #relayBackoff: Backoff;
  #cancel: () => void = () => {};
  #isClosed = false;
  /** The next renewal is the planned one: nothing is wrong. */
  #isPlanned = false;
  #refusal: Failure | undefined;

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
    this.#backoff = new Backoff(retry, options.random);
    this.#relayBackoff = new Backoff(refusedByRelay, options.random);
  }

  async start(): Promise<void> {
    const { clock, readToken } = this.#options;
    const times = readTimes(await readToken().catch(() => ""));
    const halfMs = times === undefined ? 0 : (times.issuedAtMs + times.expiresAtMs) / 2;
    this.#plan(halfMs - clock.wallMs());
  }

  /** How the link is now. */
  linkChanged(link: { readonly isLinked: boolean; readonly failure: Failure | undefined }): void {
    if (link.isLinked) this.#relayBackoff.reset();
    if (link.failure === this.#refusal) return;
    this.#refusal = link.failure;
    if (!this.#isPlanned || link.failure === undefined || !mended.has(link.failure.code)) return;
    this.#isPlanned = false;
    this.#in(this.#relayBackoff.nextMs());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #plan(ms: number): void {
    this.#isPlanned = true;
    this.#in(ms);
  }

  #in(ms: number): void {
    if (this.#isClosed) return;
    this.#cancel();
    const { clock } = this.#options;
    const waitMs = Math.min(longestMs, Math.max(0, ms));
    this.#cancel = clock.after(waitMs, () => void (ms > longestMs ? this.start() : this.#renew()));
  }

  async #renew(): Promise<void> {
    const { clock, log, renew, readToken } = this.#options;
    const startedMs = clock.wallMs();
    this.#isPlanned = false;
    try {
      const renewed = await renew();
      if (!renewed) {
        log.info({}, "token.not_renewable");
        return;
      }
      this.#backoff.reset();
      log.info({ expiresAtMs: renewed.expiresAtMs }, "token.renewed");
      // How long it holds is counted by the clock that made it: this machine's may be off by more than that.
      const times = readTimes(await readToken());
      const validMs = renewed.expiresAtMs - (times?.issuedAtMs ?? startedMs);
      this.#plan(Math.max(shortestMs, validMs / 2));
    } catch (cause) {
      const failure = toFailure(cause);
      const delayMs = failure.row.retryable ? this.#backoff.nextMs() : refusedMs;
      log.warn({ delayMs: Math.round(delayMs), ...failureFields(failure) }, "token.not_renewed");
      this.#in(delayMs);
    }
  }
}

/** From the token's claims, which are not verified here: the relay does that. */
const readTimes = (
  token: string,
): { readonly issuedAtMs: number; readonly expiresAtMs: number } | undefined => {
  try {
    const [, payload = ""] = token.split(".");
    const { iat, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    if (typeof iat !== "number" || typeof exp !== "number") return undefined;
    return { issuedAtMs: iat * 1_000, expiresAtMs: exp * 1_000 };
  } catch {
    return undefined;
  }
};
