import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Backoff, type Clock, Failure, type FailureCode, type Random, toFailure } from "@cmdop/base";
import { toMetadata, unaryCall } from "@cmdop/protocol/grpc";
import { pause, within } from "./abort.ts";
import type { ChannelPool } from "./grpc-transport.ts";

export interface CallPolicy {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Tries again this long while no relay answers. Default 1,000 ms. */
  readonly retryForMs?: number | undefined;
}

const defaultTimeoutMs = 30_000;
const defaultRetryForMs = 1_000;

/** Nobody did anything yet, or what was done is not done twice: every unary call of the contract is idempotent. */
const isUnanswered: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "unavailable",
  "connection_lost",
  "truncated_message",
  "draining",
  "rate_limited",
  "too_many_connections",
]);

/** Unary calls with an operator token, to the first relay of the list that answers. */
export class RelayCalls {
  readonly #pool: ChannelPool;
  readonly #relays: readonly string[];
  readonly #token: () => string | Promise<string>;
  readonly #fleet: string | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  #relayIndex = 0;

  constructor(options: {
    readonly pool: ChannelPool;
    readonly relays: readonly string[];
    readonly token: () => string | Promise<string>;
    readonly fleet: string | undefined;
    readonly clock: Clock;
    readonly random: Random;
  }) {
    this.#pool = options.pool;
    this.#relays = options.relays;
    this.#token = options.token;
    this.#fleet = options.fleet;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    policy: CallPolicy = {},
  ): Promise<MessageShape<Output>> {
    const startMs = this.#clock.nowMs();
    const timeoutMs = policy.timeoutMs ?? defaultTimeoutMs;
    const retryForMs = Math.min(policy.retryForMs ?? defaultRetryForMs, timeoutMs);
    const backoff = new Backoff(undefined, this.#random);
    for (;;) {
      const index = this.#relayIndex;
      const passedMs = this.#clock.nowMs() - startMs;
      try {
        return await this.callAt(this.#relays[index % this.#relays.length] ?? "", method, request, {
          ...policy,
          timeoutMs: timeoutMs - passedMs,
        });
      } catch (cause) {
        policy.signal?.throwIfAborted();
        const failure = toFailure(cause);
        const waitMs = Math.max(backoff.nextMs(), failure.retryAfterMs ?? 0);
        if (!isUnanswered.has(failure.code) || this.#clock.nowMs() - startMs + waitMs > retryForMs)
          throw failure;
        // Somebody else may have found out already.
        if (this.#relayIndex === index) this.#relayIndex += 1;
        await pause(this.#clock, waitMs, policy.signal);
      }
    }
  }

  /** One try at one relay. */
  callAt<Input extends DescMessage, Output extends DescMessage>(
    relay: string,
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    policy: CallPolicy = {},
  ): Promise<MessageShape<Output>> {
    const { signal, timeoutMs = defaultTimeoutMs } = policy;
    const once = async (): Promise<MessageShape<Output>> => {
      const token = await this.#token();
      if (token === "") throw new Failure("not_configured", "The token is empty.");
      const channel = await this.#pool.get(relay);
      return unaryCall(channel, method, request, {
        metadata: toMetadata({
          authorization: `Bearer ${token}`,
          ...(this.#fleet === undefined ? {} : { "x-cmdop-fleet": this.#fleet }),
        }),
        timeoutMs,
        ...(signal ? { signal } : {}),
      });
    };
    return within(once(), { timeoutMs, clock: this.#clock, signal });
  }
}
