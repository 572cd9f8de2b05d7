import { describe, expect, it } from "vitest";
import { Scope } from "./scope.ts";

describe("a scope", () => {
  it("closes the newest first, each once, however often it is asked", async () => {
    const closed: string[] = [];
    const scope = new Scope();
    for (const name of ["database", "listener"]) scope.add(() => void closed.push(name));
    await Promise.all([scope.close(), scope.close()]);
    await scope.close();
    expect([closed, scope.isClosed]).toEqual([["listener", "database"], true]);
  });

  it("waits for each before the next, closes all when one fails, and tells what failed", async () => {
    const closed: string[] = [];
    const failure = new Error("cannot close");
    const scope = new Scope();
    scope.add(() => void closed.push("first"));
    scope.add(() => {
      throw failure;
    });
    scope.add(async () => {
      await Promise.resolve();
      closed.push("slow");
    });
    await expect(scope.close()).rejects.toMatchObject({ errors: [failure] });
    expect(closed).toEqual(["slow", "first"]);
  });

  it("closes at once what comes too late", async () => {
    const scope = new Scope();
    await scope.close();
    let isClosed = false;
    scope.add(() => {
      isClosed = true;
    });
    expect(isClosed).toBe(true);
  });
});
