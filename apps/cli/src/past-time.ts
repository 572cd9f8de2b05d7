import { usageError } from "./cli-error.ts";
import { parseDuration } from "./duration.ts";

const agoMsMax = 3650 * 86_400_000;

/** `7d` ago, or a time or day as people write it, as the API takes it. */
export const toPastTime = (text: string | undefined, option: string, nowMs: number): string | undefined => {
  if (text === undefined) return undefined;
  const atMs = /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(text)
    : nowMs - parseDuration(text, option, agoMsMax);
  if (Number.isNaN(atMs)) throw usageError(`${option} ${text} is no time.`, "For example: 7d, or 2027-03-01");
  return new Date(atMs).toISOString();
};
