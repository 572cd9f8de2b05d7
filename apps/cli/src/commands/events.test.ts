import { waitFor } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { exitCodes } from "../exit-codes.ts";
import { useControl } from "../testing/cli-fixture.ts";

const cli = useControl();

it("cmdop events follows a fleet line by line until it is interrupted", async () => {
  const terminal = cli.terminal();
  const lines = (): string[] => terminal.texts.out.split("\n").filter(Boolean);
  const running = terminal.run("events", "--topic", "role", "--json");
  await waitFor(() => lines().length === 1, { what: "the topics" });
  const { body } = await cli.control.ask("POST", "/v1/fleets/main/roles", {
    token: cli.owner.token,
    body: { name: "watcher", rights: ["fleet:read"] },
  });
  await waitFor(() => lines().length === 2, { what: "the change" });
  terminal.interrupt();
  expect(await running).toBe(exitCodes.interrupted);
  expect(lines().map((line) => JSON.parse(line))).toEqual([
    { kind: "ready", topics: ["role"] },
    { kind: "change", topic: "role", id: body.id },
  ]);
});
