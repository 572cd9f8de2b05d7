import { usageError } from "../cli-error.ts";
import { parseDuration } from "./duration.ts";

const agoMsMax = 3650 * 86_400_000;

/** `7d` ago, or a time or day as people write it, as the API takes it. */
export const toPastTime = (text: string | undefined, option: string, nowMs: number): string | undefined => {
  if (text === undefined) return undefined;
  const isAgo = /^[\d.]+[a-z]/.test(text);
  const atMs = isAgo ? nowMs - parseDuration(text, option, agoMsMax) : Date.parse(text);
  if (Number.isNaN(atMs) || (!isAgo && !/^\d{4}-\d\d-\d\d/.test(text))) {
    throw usageError(`${option} ${text} is no time.`, "For example: 7d (ago), or 2027-03-01");
  }
  return new Date(atMs).toISOString();
};
