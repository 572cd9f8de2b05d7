import { describe, expect, it } from "vitest";
import { Credit } from "./credit.ts";

const at = (offset: number, bytes = 1000): Credit => {
  const credit = new Credit(bytes);
  credit.begin(offset);
  return credit;
};

describe("credit", () => {
  it("ends one credit after what was acknowledged", () => {
    const credit = at(500);
    expect([credit.end, credit.unacked(900)]).toEqual([1500, 400]);
    credit.ack(700, 900);
    expect([credit.end, credit.unacked(900)]).toEqual([1700, 200]);
  });

  it("is half free at half of its bytes", () => {
    const credit = at(0);
    expect([credit.isHalfFree(500), credit.isHalfFree(501)]).toEqual([true, false]);
  });

  it.each([-1, Number.NaN, 400])("is not moved by an acknowledgement of %d behind the last", (offset) => {
    const credit = at(0);
    credit.ack(600, 900);
    credit.ack(offset, 900);
    expect(credit.unacked(900)).toBe(300);
  });

  it("gives nothing for an acknowledgement beyond what was sent", () => {
    const credit = at(0);
    credit.ack(Number.MAX_SAFE_INTEGER, 300);
    expect([credit.end, credit.unacked(300)]).toEqual([1300, 0]);
  });

  it("charges a snapshot and not the gap before it, until it is acknowledged", () => {
    const credit = at(0);
    credit.jump(100, 90_000, 250);
    expect([credit.unacked(90_000), credit.end]).toEqual([350, 90_650]);
    credit.ack(60, 90_000);
    expect(credit.unacked(90_000)).toBe(290);
    credit.ack(90_000, 90_010);
    expect(credit.unacked(90_010)).toBe(10);
  });

  it("charges a snapshot at the offset where the attachment began", () => {
    const credit = at(70);
    credit.jump(70, 70, 400);
    expect(credit.unacked(70)).toBe(400);
    credit.ack(70, 70);
    expect(credit.unacked(70)).toBe(0);
  });

  it("counts exactly over several jumps that are acknowledged one by one", () => {
    const credit = at(0);
    credit.jump(100, 1000, 0);
    credit.jump(1050, 5000, 30);
    const left = [0, 40, 100, 1000, 1020, 1050, 5000, 5010].map((offset) => {
      credit.ack(offset, 5010);
      return credit.unacked(5010);
    });
    expect(left).toEqual([190, 150, 90, 90, 70, 40, 10, 0]);
  });

  it("never counts less than is on the way when very many jumps are", () => {
    const credit = at(0, 1_000_000);
    let cursor = 0;
    for (let jump = 0; jump < 100; jump++) {
      credit.jump(cursor + 10, cursor + 1000, 5);
      cursor += 1000;
    }
    expect(credit.unacked(cursor)).toBe(1500);
    credit.ack(50_000, cursor);
    expect(credit.unacked(cursor)).toBeGreaterThanOrEqual(50 * 15 - 5);
    credit.ack(cursor, cursor);
    expect(credit.unacked(cursor)).toBe(0);
  });
});
