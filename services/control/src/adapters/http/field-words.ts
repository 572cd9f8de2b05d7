// What a field's schema says in refusals, in words for whoever typed the value: zod's own are for programmers.
import { z } from "zod";

const plural = (count: number | bigint, of: string): string =>
  `${count} ${of}${Number(count) === 1 ? "" : "s"}`;

const countOf = (origin: string, count: number | bigint): string => {
  if (origin === "string") return plural(count, "character");
  return origin === "array" || origin === "set" || origin === "object" ? plural(count, "item") : `${count}`;
};

const formats: Readonly<Record<string, string>> = {
  email: "an e-mail address is expected",
  url: "an address such as https://example.org is expected",
  datetime: "a time such as 2027-03-01T09:00:00Z is expected",
  date: "a day such as 2027-03-01 is expected",
};

/** Undefined: zod's words stand. */
export const fieldWords = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case "too_small":
      return `takes at least ${countOf(issue.origin, issue.minimum)}`;
    case "too_big":
      return `takes at most ${countOf(issue.origin, issue.maximum)}`;
    case "invalid_value":
      return `takes one of: ${issue.values.map(String).join(", ")}`;
    case "invalid_format":
      return formats[issue.format];
    case "invalid_type":
      return issue.input === undefined ? "is missing" : undefined;
    default:
      return undefined;
  }
};

/** For all schemas of the process that say nothing themselves. */
export const useFieldWords = (): void => {
  z.config({ customError: fieldWords });
};
