import path from "node:path";
import { PassThrough } from "node:stream";
import { waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { runCli } from "../run-cli.ts";

let fixture: ControlFixture;
let ada: TestAccount;
beforeAll(async () => {
  fixture = await ControlFixture.open();
  ada = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: ada.token, body: { name: "main", slug: "main" } });
}, 60_000);
afterAll(() => fixture.close());

it("cmdop events follows a fleet line by line until it is interrupted", async () => {
  const out: string[] = [];
  const stdout = new PassThrough();
  stdout.on("data", (bytes) => out.push(...String(bytes).split("\n").filter(Boolean)));
  let interrupt = (): void => undefined;
  const io: Io = {
    env: { CMDOP_HOME: path.join(fixture.home, "cli"), CMDOP_CONTROL: fixture.url, CMDOP_TOKEN: ada.token },
    cwd: fixture.home,
    root: "/",
    nodePath: process.execPath,
    pid: 1,
    platform: { node: "24", os: "linux", arch: "x64" },
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    wallMs: () => Date.now(),
    onSignal: (name, handler) => {
      if (name === "SIGINT") interrupt = handler;
      return () => undefined;
    },
    onCrash: () => () => undefined,
    onReaderGone: () => () => undefined,
    raise: () => undefined,
  };
  const running = runCli(["events", "--topic", "role", "--json"], io);
  await waitFor(() => out.length === 1, { what: "the topics" });
  const { body } = await fixture.ask("POST", "/v1/fleets/main/roles", {
    token: ada.token,
    body: { name: "watcher", rights: ["fleet:read"] },
  });
  await waitFor(() => out.length === 2, { what: "the change" });
  interrupt();
  expect(await running).toBe(exitCodes.interrupted);
  expect(out.map((line) => JSON.parse(line))).toEqual([
    { kind: "ready", topics: ["role"] },
    { kind: "change", topic: "role", id: body.id },
  ]);
});
