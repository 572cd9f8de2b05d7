import path from "node:path";
import { waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { exitCodes } from "../exit-codes.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

let fixture: ControlFixture;
let ada: TestAccount;
beforeAll(async () => {
  fixture = await ControlFixture.open();
  ada = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: ada.token, body: { name: "main", slug: "main" } });
}, 60_000);
afterAll(() => fixture.close());

it("cmdop events follows a fleet line by line until it is interrupted", async () => {
  const terminal = openTestTerminal({
    CMDOP_HOME: path.join(fixture.home, "cli"),
    CMDOP_CONTROL: fixture.url,
    CMDOP_TOKEN: ada.token,
  });
  const lines = (): string[] => terminal.texts.out.split("\n").filter(Boolean);
  const running = terminal.run("events", "--topic", "role", "--json");
  await waitFor(() => lines().length === 1, { what: "the topics" });
  const { body } = await fixture.ask("POST", "/v1/fleets/main/roles", {
    token: ada.token,
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
