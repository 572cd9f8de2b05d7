import { usageError } from "../cli-error.ts";

/** What of it was given. `used wrongly` when that is nothing: a change that changes nothing is a mistake. */
export const givenFields = (
  fields: Readonly<Record<string, unknown>>,
  command: string,
): Record<string, unknown> => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw usageError("There is nothing to change.", `Type: cmdop ${command} --help`);
  return Object.fromEntries(given);
};
