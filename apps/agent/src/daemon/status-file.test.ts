import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { StatusFile } from "./status-file.ts";

describe("the status file", () => {
  it("ends no daemon where the disk neither takes nor removes a file", () => {
    const clock = new FakeClock();
    const file = new StatusFile("/dev/null/status.json", clock, () => ({}));
    file.changed();
    expect(() => clock.advance(20)).not.toThrow();
    expect(() => file.remove()).not.toThrow();
  });
});
