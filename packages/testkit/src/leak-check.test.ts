import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { leakCheck } from "./leak-check.ts";

describe("leakCheck", () => {
  it("names a server that was left open and is content once it is closed", async () => {
    const check = leakCheck(30);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await expect(check()).rejects.toMatchObject({ cause: new Error("still open: 1 TCPServerWrap") });
    await new Promise((resolve) => server.close(resolve));
    await expect(check()).resolves.toBeUndefined();
  });
});
