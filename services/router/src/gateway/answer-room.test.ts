import { expect, it } from "vitest";
import { AnswerRoom } from "./answer-room.ts";

it("no owner's answers fill all the room, and what has left is free again", () => {
  const room = new AnswerRoom({ responseBytes: 10, responseBytesInFlight: 100 });
  const [one, same, other] = [room.open("a"), room.open("a"), room.open("b")];
  expect([one.take(70), same.take(6), same.take(5), other.take(25), other.take(1)]).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
  one.leave();
  one.leave();
  expect([one.take(1), same.take(70), same.take(1), other.take(0)]).toEqual([false, true, false, true]);
});

it("one answer of the largest size has room, however small the room is", () => {
  const room = new AnswerRoom({ responseBytes: 10, responseBytesInFlight: 10 });
  expect([room.open("a").take(10), room.open("b").take(1)]).toEqual([true, false]);
});
