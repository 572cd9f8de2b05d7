// What a key may be made of: never wider than what makes it. Pure.
//
// I1  A scope that is not given stands for everything that the bearer may; what is narrower than a list is a part of it.
// I2  A limit that is not given is no limit; beside one, it is wider.

export interface KeyLimits {
  readonly models?: readonly string[] | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly concurrent?: number | undefined;
  readonly requestBytes?: number | undefined;
}

const rates = ["requestsPerMinute", "tokensPerMinute", "concurrent", "requestBytes"] as const;

/** The first scope that is not within; "*" where all is wanted of a part. */
export const widerScope = (
  wanted: "*" | readonly string[],
  within: "*" | readonly string[],
): string | undefined => {
  if (within === "*") return undefined;
  if (wanted === "*") return "*";
  return wanted.find((scope) => !within.includes(scope));
};

/** The name of the first limit that is wider. */
export const widerLimit = (wanted: KeyLimits, within: KeyLimits): keyof KeyLimits | undefined => {
  const { models } = within;
  if (models && !wanted.models?.every((model) => models.includes(model))) return "models";
  return rates.find((rate) => {
    const most = within[rate];
    return most !== undefined && (wanted[rate] ?? Number.POSITIVE_INFINITY) > most;
  });
};

/** What is wanted; where it says nothing, what it is within. */
export const narrowLimits = (
  wanted: KeyLimits,
  within: KeyLimits,
): Readonly<Record<string, number | readonly string[]>> => {
  const models = wanted.models ?? within.models;
  const both: Record<string, number | readonly string[]> = models ? { models } : {};
  for (const rate of rates) {
    const most = wanted[rate] ?? within[rate];
    if (most !== undefined) both[rate] = most;
  }
  return both;
};
