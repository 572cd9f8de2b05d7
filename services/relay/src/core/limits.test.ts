import { describe, expect, it } from "vitest";
import { limits } from "./limits.ts";

const MiB = 1024 * 1024;

describe("limits add up", () => {
  it.each([
    ["a session with a full window stays within 1.5 MiB", limits.windowBytes, 1.5 * MiB],
    ["a step of the log is no more than the least default credit", limits.logStepBytes, limits.creditBytes],
    ["the default credit is within its bounds", limits.creditBytesMin, limits.creditBytes],
    ["and below the most", limits.creditBytes, limits.creditBytesMax],
    ["a resumed terminal finds its backlog in the window", limits.resumeBytes, limits.windowBytes],
    ["the default credit too", limits.creditBytes, limits.windowBytes],
    ["a host is acknowledged before the least that it sends is used up", limits.homeAckBytes * 4, MiB / 16],
    ["what a host sends unacknowledged fits while older bytes are fetched", 1 * MiB, limits.fillBytesMax],
    [
      "a snapshot is asked for again before the attachment ends",
      limits.snapshotRetryMs,
      limits.snapshotDeadlineMs,
    ],
    [
      "a machine misses two heartbeats before it is offline",
      limits.heartbeatIntervalMs * 3,
      limits.offlineAfterMs,
    ],
    ["presence is sent four times a second at most", 250, limits.presenceIntervalMs],
    ["a home is there before its order times out", limits.greetingMs, limits.orderDeadlineMs],
    ["a page is not larger than the largest", limits.pageSize, limits.pageSizeMax],
  ])("%s", (_, low, high) => {
    expect(low).toBeLessThanOrEqual(high);
  });
});
