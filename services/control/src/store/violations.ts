// SQLSTATE codes that mean something to an operation (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const hasState = (error: unknown, state: string): boolean =>
  error instanceof Error && "code" in error && error.code === state;

export const isUniqueViolation = (error: unknown): boolean => hasState(error, "23505");
