import type { Options } from "./options.ts";

/** A type and not an interface: the API takes further members and says itself which it does not know. */
type KeyLimits = {
  readonly models?: string[];
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrent?: number;
  readonly requestBytes?: number;
};

/** What the options of a key say of what it may at the router. */
export const limitsOf = (options: Options): KeyLimits => {
  const models = options.list("model");
  const rates = {
    requestsPerMinute: options.number("requests-per-minute"),
    tokensPerMinute: options.number("tokens-per-minute"),
    concurrent: options.number("concurrent"),
    requestBytes: options.number("max-request-size"),
  };
  return {
    ...Object.fromEntries(Object.entries(rates).filter(([, value]) => value !== undefined)),
    ...(models.length === 0 ? {} : { models: [...models] }),
  };
};
