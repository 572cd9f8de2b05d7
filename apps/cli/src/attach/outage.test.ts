import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { Outage } from "./outage.ts";

const watch = () => {
  const clock = new FakeClock();
  const said: string[] = [];
  const outage = new Outage({
    clock,
    view: {
      waiting: (cause, lastedMs) => said.push(`${cause} ${lastedMs}`),
      over: (text) => said.push(text ?? "over"),
    },
  });
  return { clock, said, outage };
};

describe("an interruption", () => {
  it("is said after two seconds, each second, and how long it was", () => {
    const { clock, said, outage } = watch();
    outage.begin("connection");
    clock.advance(1_999);
    expect(said).toEqual([]);
    expect(outage.isNoticed).toBe(false);
    clock.advance(2_001);
    outage.end("connection");
    clock.advance(5_000);
    expect(said).toEqual(["connection 2000", "connection 3000", "connection 4000", "back after 4 s"]);
  });

  it("that is short is not said", () => {
    const { clock, said, outage } = watch();
    outage.begin("connection");
    clock.advance(1_000);
    outage.end("connection");
    clock.advance(5_000);
    expect(said).toEqual(["over"]);
  });

  it("of relay and machine together is one, over when both are back", () => {
    const { clock, said, outage } = watch();
    outage.begin("connection");
    clock.advance(1_500);
    outage.begin("machine");
    outage.end("connection");
    clock.advance(1_500);
    outage.end("machine");
    expect(said).toEqual(["machine 2000", "machine 3000", "back after 3 s"]);
  });
});
