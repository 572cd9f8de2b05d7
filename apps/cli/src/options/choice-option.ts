import type { Options } from "./options.ts";

/** An option that names one of these, with `-` for `_`; undefined: it was not given. */
export const choiceOf = <const Value extends string>(
  options: Options,
  name: string,
  values: readonly Value[],
): Value | undefined => {
  const given = options.text(name)?.replaceAll("-", "_");
  return values.find((value) => value === given);
};
