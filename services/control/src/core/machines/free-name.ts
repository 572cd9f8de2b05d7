import { nameCharsMax } from "./limits.ts";

/** The name, or the name with the smallest number behind it that nobody has. `taken`: in lower case. */
export const freeName = (wanted: string, taken: ReadonlySet<string>): string => {
  if (!taken.has(wanted.toLowerCase())) return wanted;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const name = wanted.slice(0, nameCharsMax - suffix.length) + suffix;
    if (!taken.has(name.toLowerCase())) return name;
  }
};
