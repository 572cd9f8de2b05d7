import { describe, expect, it } from "vitest";
import { ByteRing } from "./byte-ring.ts";

/** What stands at each position. */
const at = (position: number): number => (position * 31 + (position >> 8)) & 255;
const piece = (from: number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => at(from + index));

describe("the ring", () => {
  it.each([1, 100, 1_000, 8_191, 8_192, 8_193, 30_000])(
    "gives each byte at its position, in pieces of %i, while older ones are dropped",
    (size) => {
      const ring = new ByteRing();
      const heldBytes = 3 * size + 10_000;
      for (let from = 0; from < heldBytes * 3; from += size) {
        ring.append(piece(from, size));
        const start = Math.max(0, ring.end - heldBytes);
        ring.dropBefore(start);
        expect(ring.end).toBe(from + size);
        expect(ring.read(from, from + size)).toEqual(piece(from, size));
        expect(ring.read(start, start + 1)[0]).toBe(at(start));
      }
      const start = ring.end - heldBytes;
      expect(ring.read(start, ring.end)).toEqual(piece(start, heldBytes));
    },
  );

  it("goes on behind what it cleared", () => {
    const ring = new ByteRing();
    ring.append(piece(0, 20_000));
    ring.clear();
    expect(ring.end).toBe(20_000);
    ring.append(piece(20_000, 20_000));
    ring.dropBefore(25_000);
    expect(ring.read(25_000, 40_000)).toEqual(piece(25_000, 15_000));
  });

  it("writes its pages again, and gives back what a large piece took", () => {
    const ring = new ByteRing();
    for (let index = 0; index < 1_000; index += 1) {
      ring.append(new Uint8Array(1_000));
      ring.dropBefore(ring.end - 100_000);
    }
    expect(ring.capacity).toBeLessThan(200_000);
    ring.append(new Uint8Array(8_000_000));
    expect(ring.capacity).toBeGreaterThan(8_000_000);
    ring.dropBefore(ring.end - 100_000);
    expect(ring.capacity).toBeLessThan(200_000);
    ring.clear();
    expect(ring.capacity).toBe(0);
  });
});
