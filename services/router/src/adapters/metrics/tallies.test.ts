import { Counter, Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { createDistribution, createTally } from "./tallies.ts";

const buckets = [0.1, 1, 10];

it("says what the library's own counter and histogram say, at every scrape", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const counter = { name: "count", help: "Counts.", labelNames: ["a", "b"] };
  const histogram = { name: "seconds", help: "Seconds.", labelNames: ["a"], buckets };
  const tally = createTally({ ...counter, registers: [ours] });
  const distribution = createDistribution({ ...histogram, registers: [ours] });
  const itsCounter = new Counter({ ...counter, registers: [theirs] });
  const itsHistogram = new Histogram({ ...histogram, registers: [theirs] });
  const told: string[] = [];
  for (const [a, b, value] of [
    ["x", "y", 0.1],
    ["x", "z", 0.5],
    ["y", "y", 40],
    ["x", "y", 1.5],
  ] as const) {
    tally.add(value, a, b);
    distribution.observe(value, a);
    itsCounter.inc({ a, b }, value);
    itsHistogram.observe({ a }, value);
    told.push(await ours.metrics());
    expect(told.at(-1)?.split("\n").toSorted()).toEqual((await theirs.metrics()).split("\n").toSorted());
  }
  expect(new Set(told).size).toBe(4);
});
