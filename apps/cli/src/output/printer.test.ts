import { expect, it } from "vitest";
import { openTestTerminal } from "../testing/test-terminal.ts";

it.each([
  ["exec", "npx cmdop machine "],
  ["start", "Type: cmdop machine "],
])("what is to be typed next can be typed as it stands, as by npm %s", async (npmCommand, expected) => {
  const terminal = openTestTerminal({ npm_command: npmCommand });
  expect(await terminal.run("machine")).toBe(2);
  expect(terminal.texts.error).toContain(expected);
});
