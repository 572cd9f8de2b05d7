import { describe, expect, it } from "vitest";
import { waitFor } from "./wait-for.ts";

describe("waitFor", () => {
  it("returns what the condition gave, also after it threw", async () => {
    let looks = 0;
    const value = await waitFor(() => {
      looks += 1;
      if (looks < 3) throw new Error("not yet");
      return looks;
    });
    expect(value).toBe(3);
  });

  it("names what did not come true, with the last error as cause", async () => {
    const failing = waitFor(
      () => {
        throw new Error("still closed");
      },
      { timeoutMs: 20, what: "the door" },
    );
    await expect(failing).rejects.toMatchObject({
      message: "the door did not come true within 20 ms",
      cause: new Error("still closed"),
    });
  });
});
