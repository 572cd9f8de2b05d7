import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type RefusalRow, refusalTable, refuse, toErrorBody } from "./refusals.ts";

const page = new URL("../../../../docs/reference/router.md", import.meta.url);

const toLine = ([code, { status, type, shouldRetry }]: readonly [string, RefusalRow]): string =>
  `| \`${code}\` | ${status} | \`${type}\` | ${shouldRetry === false ? "no" : status === 429 || status >= 500 ? "yes" : "no"} |`;

describe("refusals", () => {
  it("stand in the reference, row by row", () => {
    const text = readFileSync(page, "utf8");
    const lines = text.split("\n").filter((line) => /^\| `\w+` \| \d{3} \|/.test(line));
    expect(lines).toEqual(Object.entries(refusalTable).map(toLine));
  });

  it("have all four members in the body", () => {
    expect(JSON.parse(toErrorBody(refuse("invalid_json")))).toEqual({
      error: {
        message: "The body is not a JSON object.",
        type: "invalid_request_error",
        param: null,
        code: "invalid_json",
      },
    });
  });

  it("that are over in more than a minute are not to be retried: OpenAI's clients would ask again at once", () => {
    expect(
      [60_000, 60_001].map((retryAfterMs) => refuse("upstream_rate_limited", { retryAfterMs }).shouldRetry),
    ).toEqual([undefined, false]);
  });
});
