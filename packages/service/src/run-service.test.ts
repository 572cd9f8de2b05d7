import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { runService } from "./run-service.ts";

describe("a service's process", () => {
  it("drains also when the signal came while it opened, and ends at once with the second", async () => {
    const events = new EventEmitter();
    const told: string[] = [];
    const opening = Promise.withResolvers<void>();
    const draining = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    const running = runService({
      name: "thing",
      process: Object.assign(events, {
        cwd: () => "/nowhere",
        env: {},
        stderr: process.stderr,
        exit: (code: number) => {
          told.push(`exit ${code}`);
          exited.resolve();
          return undefined as never;
        },
      }) as never,
      parseConfig: () => ({ kind: "config", config: { logLevel: "fatal" } }),
      open: async () => {
        await opening.promise;
        told.push("open");
        return {
          drain: () => {
            told.push("drain");
            return draining.promise;
          },
        };
      },
    });
    events.emit("SIGTERM", "SIGTERM");
    opening.resolve();
    await running;
    expect(told).toEqual(["open", "drain"]);
    draining.resolve();
    await exited.promise;
    events.emit("SIGINT", "SIGINT");
    expect(told).toEqual(["open", "drain", "exit 0", "exit 130"]);
  });
});
