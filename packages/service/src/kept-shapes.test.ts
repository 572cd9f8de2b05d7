import { describe, expect, it } from "vitest";
import { KeptShapes } from "./kept-shapes.ts";

const looks = (shapes: KeptShapes, count: number): void => {
  for (let look = 0; look < count; look += 1) shapes.look();
};

describe("what is kept of the latest requests", () => {
  it("is of each place the latest alone, and is still there after the minute that makes a rest", () => {
    const shapes = new KeptShapes();
    looks(shapes, 69);
    for (const at of [1, 2, 3]) shapes.keep("front", { at });
    shapes.keep("upstream", {});
    looks(shapes, 60);
    expect(shapes.size).toBe(2);
  });

  it("is let go when the rest is over its collection", () => {
    const shapes = new KeptShapes();
    shapes.keep("front", {});
    looks(shapes, 75);
    shapes.keep("upstream", {});
    shapes.forget();
    expect(shapes.size).toBe(0);
  });

  it("is let go within 140 seconds where others keep the process from its rest", () => {
    const shapes = new KeptShapes();
    looks(shapes, 1);
    shapes.keep("rare", {});
    for (let look = 0; look < 140; look += 1) {
      shapes.keep("busy", {});
      shapes.look();
    }
    expect(shapes.size).toBe(1);
  });
});
