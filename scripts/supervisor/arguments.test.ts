import { describe, expect, it } from "vitest";
import { helpText, parseArguments } from "./arguments.ts";
import { parseSettings } from "./settings.ts";

describe("arguments of npm start", () => {
  it.each([
    [[], { isHelp: false }],
    [["--help"], { isHelp: true }],
    [["-h"], { isHelp: true }],
    [["--port", "1"], { problem: expect.stringContaining('takes no "--port"') }],
    [["--help", "relay"], { problem: expect.stringContaining('takes no "relay"') }],
  ])("%j is %j", (args, expected) => {
    expect(parseArguments(args)).toEqual(expected);
  });

  it("help names every port's variable with its default", () => {
    const settings = parseSettings({}, { root: "/clone", hostname: "workbench" });
    if ("problems" in settings) throw new Error("an empty environment has no problem");
    const text = helpText(settings);
    for (const { variable, port } of Object.values(settings.ports)) {
      expect(text).toMatch(new RegExp(`${variable} +${port} `));
    }
    expect(text).toMatch(/CMDOP_HOME +\/clone\/\.cmdop /);
  });
});
