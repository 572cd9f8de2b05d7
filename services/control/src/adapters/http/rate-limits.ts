// How often somebody may ask for one thing. Counted in this process: with several of them the limit is per process.
import { Failure } from "@cmdop/base";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";

export interface RateLimits {
  /** `rate_limited` above the limit. */
  enter(asked: {
    readonly operation: string;
    readonly by: string;
    readonly perMinute: number;
  }): Promise<void>;
}

export const createRateLimits = (): RateLimits => {
  const limiters = new Map<number, RateLimiterMemory>();
  const limiterOf = (perMinute: number): RateLimiterMemory => {
    const known = limiters.get(perMinute);
    if (known) return known;
    const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
    limiters.set(perMinute, limiter);
    return limiter;
  };
  return {
    enter: async ({ operation, by, perMinute }) => {
      // What is asked without a limit of its own shares one.
      try {
        await limiterOf(perMinute).consume(`${operation}:${by}`);
      } catch (refused) {
        const { msBeforeNext } = refused as RateLimiterRes;
        throw new Failure("rate_limited", "Too many requests of this kind: wait a little.", {
          retryAfterMs: msBeforeNext,
        });
      }
    },
  };
};
