// Counters of a minute, by key: in this process alone, or shared with other routers through Redis.

import type { Clock } from "@cmdop/base";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";

const windowSeconds = 60;
export const windowMs = windowSeconds * 1_000;

/** What was counted in the minute that runs. */
export interface Counted {
  readonly used: number;
  readonly resetMs: number;
}

export interface Counter {
  add(key: string, amount: number): Promise<Counted>;
  /** Undefined: nothing. */
  read(key: string): Promise<Counted | undefined>;
}

export interface Counters {
  readonly requests: Counter;
  readonly tokens: Counter;
  close(): void;
}

type Library = Pick<RateLimiterMemory, "penalty" | "get">;
type CounterName = "requests" | "tokens";

/** The bound is compared by us: the library's counters have one bound for all keys. */
const options = (name: CounterName) => ({
  keyPrefix: `cmdop_router_${name}`,
  points: Number.MAX_SAFE_INTEGER,
  duration: windowSeconds,
});

const toCounter = (library: Library): Counter => ({
  add: async (key, amount) => {
    const { consumedPoints, msBeforeNext } = await library.penalty(key, amount);
    return { used: consumedPoints, resetMs: msBeforeNext };
  },
  read: async (key) => {
    const found = await library.get(key);
    return found ? { used: found.consumedPoints, resetMs: found.msBeforeNext } : undefined;
  },
});

const inMemory = (name: CounterName): Counter => toCounter(new RateLimiterMemory(options(name)));

export const createCounters = (): Counters => ({
  requests: inMemory("requests"),
  tokens: inMemory("tokens"),
  close: () => {},
});

export interface SharedCountersOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly events: {
    /** From here on this router counts for itself. */
    away(cause: unknown): void;
    back(): void;
  };
}

export interface SharedCounters extends Counters {
  readonly isAway: boolean;
}

const connectMs = 2_000;
const reconnectMaxMs = 2_000;
/** A request waits no longer for Redis, and while it is away one request in `againMs` waits at all. */
const answerMs = 250;
const againMs = 1_000;

/** A Redis that does not answer holds up nothing: the router counts for itself until it does. */
export const openSharedCounters = async ({
  url,
  clock,
  events,
}: SharedCountersOptions): Promise<SharedCounters> => {
  let awayUntilMs: number | undefined;
  // Loaded where it is used: it is a third of all that a router would load.
  const { createClient } = await import("redis");
  const client = createClient({
    url,
    // A command that waits for a connection would hold its request.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectMs,
      reconnectStrategy: (retries) => Math.min(reconnectMaxMs, 50 * 2 ** Math.min(retries, 10)),
    },
  });
  const away = (cause: unknown): void => {
    const isNew = awayUntilMs === undefined;
    awayUntilMs = clock.nowMs() + againMs;
    if (isNew) events.away(cause);
  };
  const back = (): void => {
    if (awayUntilMs === undefined) return;
    awayUntilMs = undefined;
    events.back();
  };
  client.on("error", away);
  client.on("ready", back);
  await within(clock, connectMs, client.connect()).catch(away);

  const shared = (name: CounterName): Counter => {
    const own = inMemory(name);
    const redis = toCounter(
      new RateLimiterRedis({ ...options(name), storeClient: client, useRedisPackage: true }),
    );
    const first = async <Value>(ask: (counter: Counter) => Promise<Value>): Promise<Value> => {
      if (awayUntilMs !== undefined && clock.nowMs() < awayUntilMs) return ask(own);
      try {
        const value = await within(clock, answerMs, ask(redis));
        back();
        return value;
      } catch (cause) {
        away(cause);
        return ask(own);
      }
    };
    return {
      add: (key, amount) => first((counter) => counter.add(key, amount)),
      read: (key) => first((counter) => counter.read(key)),
    };
  };
  return {
    requests: shared("requests"),
    tokens: shared("tokens"),
    get isAway() {
      return awayUntilMs !== undefined;
    },
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
};

const within = <Value>(clock: Clock, ms: number, answer: Promise<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    // A turn more: where it was this process that was busy, the answer lies in its socket.
    const late = (): void => reject(new Error(`no answer within ${ms} ms`));
    const cancel = clock.after(ms, () => setImmediate(late));
    answer.then(resolve, reject).finally(cancel);
  });
