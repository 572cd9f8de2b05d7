/** An option that takes yes or no; undefined: not given. */
export const toYesNo = (value: string | undefined): boolean | undefined =>
  value === undefined ? undefined : value === "yes";
