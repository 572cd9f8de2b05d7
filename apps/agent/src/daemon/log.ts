/** What the daemon logs through; pino fits. Fields are ids, codes and counts: no bytes, prompts or secrets. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, event: string): void;
  warn(fields: Readonly<Record<string, unknown>>, event: string): void;
  error(fields: Readonly<Record<string, unknown>>, event: string): void;
}

/** A failure as log fields; the cause is for the operator of this machine and never sent. */
export const failureFields = (failure: Error & { code?: unknown }): Record<string, unknown> => ({
  code: failure.code,
  text: failure.message,
  ...(failure.cause === undefined ? {} : { cause: String(failure.cause) }),
});
