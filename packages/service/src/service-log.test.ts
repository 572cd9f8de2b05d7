import { expect, it } from "vitest";
import { createTimestamps } from "./service-log.ts";

it("writes the time as ISO 8601, also over the edge of a second and where the clock goes back", () => {
  const times = [0, 7, 45, 999, 1_000, 1_001, 1_700_000_000_123, 1_700_000_000_124, 1_600_000_000_000];
  let at = -1;
  const timestamp = createTimestamps(() => {
    at += 1;
    return times[at] ?? 0;
  });
  expect(times.map(timestamp)).toEqual(times.map((ms) => `,"time":"${new Date(ms).toISOString()}"`));
});
