export interface WaitForOptions {
  /** Default 20 s: a machine may be busy. What must be quick says so. */
  readonly timeoutMs?: number;
  /** Between two looks; default 5 ms. */
  readonly everyMs?: number;
  /** Named in the error when the condition does not come true. */
  readonly what?: string;
}

/**
 * Polls until `condition` gives something truthy and returns that; rejects after the timeout with the last error
 * the condition threw. For what has no event; where there is an event, wait for the event.
 */
export const waitFor = async <Value>(
  condition: () => Value | Promise<Value>,
  options: WaitForOptions = {},
): Promise<NonNullable<Value>> => {
  const { timeoutMs = 20_000, everyMs = 5, what = "the condition" } = options;
  const endMs = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= endMs) {
      throw new Error(`${what} did not come true within ${timeoutMs} ms`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
