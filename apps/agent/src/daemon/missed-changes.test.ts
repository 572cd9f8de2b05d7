import { expect, it } from "vitest";
import { MissedChanges } from "./missed-changes.ts";

it("what changed between Register and its answer is told to that link, and nothing of before or after", () => {
  const missed = new MissedChanges();
  missed.changed(["before"]);
  missed.registering(1);
  missed.changed(["a"]);
  missed.changed([]);
  expect(missed.registered(1)).toEqual(["a"]);
  missed.changed(["while it stands"]);
  expect(missed.registered(1)).toBeUndefined();
  missed.registering(2);
  // The link before it ends while the new one waits.
  missed.ended(1);
  missed.changed(["b"]);
  expect(missed.registered(2)).toEqual(["b"]);
  missed.registering(3);
  missed.ended(3);
  missed.changed(["to nobody"]);
  missed.registering(4);
  expect(missed.registered(4)).toBeUndefined();
});
