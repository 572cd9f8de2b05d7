import { usageError } from "../cli-error.ts";

/** NAME=VALUE pairs of --env. */
export const parseEnv = (pairs: readonly string[]): Readonly<Record<string, string>> => {
  const env: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals <= 0)
      throw usageError(`--env takes NAME=VALUE; "${pair}" is not.`, "For example: --env LANG=C");
    env[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return env;
};
