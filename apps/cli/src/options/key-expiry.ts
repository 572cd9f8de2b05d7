import { parseDuration } from "./duration.ts";
import type { Options } from "./options.ts";

const dayMs = 86_400_000;
const expiresMsMax = 366 * dayMs;

/** `--expires`, in the days that the API counts; undefined: it was not given. */
export const toExpiryDays = (options: Options): number | undefined => {
  const text = options.text("expires");
  if (text === undefined) return undefined;
  return Math.max(1, Math.round(parseDuration(text, "--expires", expiresMsMax) / dayMs));
};
