import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { CliError } from "./cli-error.ts";
import { parseCommandLine } from "./program.ts";
import { commandModules } from "./table/command-modules.ts";
import { commandTable } from "./table/command-table.ts";
import { openTestTerminal } from "./testing/test-terminal.ts";

const parse = (line: readonly string[], columns = 80) => {
  let shown = "";
  const parsed = parseCommandLine(line, {
    columns,
    isColoured: false,
    out: (text) => {
      shown += text;
    },
  });
  return { parsed, shown };
};

const refusal = (line: readonly string[]): string => {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof CliError) return `${error.exitCode} ${error.why} | ${error.next}`;
    throw error;
  }
  return "taken";
};

describe("the command table", () => {
  it("has code for every command, and no code without one", () => {
    expect(Object.keys(commandModules).sort()).toEqual(commandTable.map((spec) => spec.name).sort());
  });

  it.each(Object.entries(commandModules))("loads %s", async (_name, load) => {
    expect(typeof (await load()).run).toBe("function");
  });

  it.each(commandTable.map((spec) => [spec.name]))("helps with %s", (name) => {
    const { parsed, shown } = parse([...name.split(" "), "--help"]);
    expect(parsed).toBeUndefined();
    expect(shown).toContain(`Usage: cmdop ${name}`);
  });

  it("names every file of the commands", () => {
    for (const spec of commandTable) {
      expect(
        existsSync(path.join(import.meta.dirname, "commands", `${spec.name.replace(" ", "-")}.ts`)),
      ).toBe(true);
    }
  });

  it.each([[["help"]], [["help", "exec"]], [["help", "keys", "create"]], [["exec", "--help"]]])(
    "%j shows one page, once",
    (line) => {
      const { parsed, shown } = parse(line);
      expect(parsed).toBeUndefined();
      const name = line.filter((word) => word !== "help" && word !== "--help").join(" ");
      expect(shown.split("Usage: ")).toHaveLength(2);
      expect(shown).toContain(`Usage: cmdop ${name}`);
    },
  );

  it("gives an example of every command that takes something", () => {
    const without = commandTable.filter(
      ({ arguments: args = [], options = [], examples = [], isHidden }) =>
        args.length + options.length > 0 && examples.length === 0 && !isHidden,
    );
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it("names what an option takes, in its help", () => {
    for (const { name, options = [], arguments: args = [] } of commandTable) {
      const { shown } = parse([...name.split(" "), "--help"]);
      for (const choice of [...options, ...args].flatMap(({ choices }) => choices ?? [])) {
        expect(shown, name).toContain(choice);
      }
    }
  });

  it("fits 40 columns in its help, but for terms and what is there to copy", () => {
    const lines = [["help"], ...commandTable.map(({ name }) => [...name.split(" "), "--help"])];
    const tooLong = lines.flatMap((line) => {
      const [text = ""] = parse(line, 40).shown.split("\nExamples:\n");
      return text.split("\n").filter((row) => row.length > 40 && !/^ {2}\S+( \S+)*$|^Usage: /.test(row));
    });
    expect(tooLong).toEqual([]);
  });

  it("shows all that is not hidden", () => {
    const { shown } = parse([]);
    for (const { name, isHidden } of commandTable) {
      expect(shown.includes(`  ${name.split(" ")[0]}`)).toBe(isHidden !== true);
    }
  });
});

describe("a command line", () => {
  it.each([
    [["exec", "web", "--", "ls", "-la", "--", "x"], "exec", ["web"], ["ls", "-la", "--", "x"]],
    [["exec", "--", "ls"], "exec", [], ["ls"]],
    [["exec", "--json", "web", "--", "sh", "--json"], "exec", ["web"], ["sh", "--json"]],
    [["new"], "new", [], []],
    [["new", "web", "-d", "--", "top"], "new", ["web"], ["top"]],
    [["a", "deploy"], "attach", ["deploy"], []],
    [["ps"], "sessions", [], []],
    [["machines", "list"], "machines", [], []],
    [["members", "list"], "members list", [], []],
    [["send", "s", "--", "-x", "y"], "send", ["s", "-x", "y"], []],
    [["relay", "init"], "relay init", [], []],
    [["token", "list-revoked"], "token list-revoked", [], []],
  ])("%j", (line, name, args, argv) => {
    const { parsed } = parse(line);
    expect({ name: parsed?.command.name, arguments: parsed?.arguments, argv: parsed?.argv }).toEqual({
      name,
      arguments: args,
      argv,
    });
  });

  it("takes the common options on either side of the command", () => {
    for (const line of [
      ["--json", "--relay", "r:1", "sessions"],
      ["sessions", "--relay", "r:1", "--json"],
    ]) {
      expect(parse(line).parsed?.options).toMatchObject({ json: true, relay: "r:1" });
    }
  });

  it("collects what may be repeated", () => {
    expect(parse(["send", "s", "-k", "C-c", "--key", "Up"]).parsed?.options).toMatchObject({
      key: ["C-c", "Up"],
    });
  });

  it.each([
    [["exce"], "2 Unknown command 'exce' (Did you mean exec?) | Type: cmdop --help"],
    [["exec"], "2 There is no program to run. | Type: cmdop exec [machine] -- program [argument…]"],
    [
      ["exec", "a", "b", "--", "c"],
      '2 "b" is one too many: the program stands after --. | Type: cmdop exec [machine] -- program [argument…]',
    ],
    [["exec", "ls"], "2 There is no program to run. | The program stands after --: cmdop exec -- ls"],
    [
      ["exec", "sh", "-c", "echo a"],
      "2 Unknown option '-c'. | The program stands after --: cmdop exec -- sh -c 'echo a'",
    ],
    [["ssh", "web-1"], "2 Unknown command 'ssh'. Here it is new. | Type: cmdop new --help"],
    [["read"], "2 Missing required argument 'session'. | Type: cmdop read --help"],
    [
      ["read", "s", "--form", "1"],
      "2 Unknown option '--form' (Did you mean --from?) | Type: cmdop read --help",
    ],
    [["read", "s", "--from"], "2 Option '--from <offset>' argument missing. | Type: cmdop read --help"],
    [
      ["ps", "x"],
      "2 Too many arguments for 'sessions'. Expected 0 arguments but got 1: x. | Type: cmdop sessions --help",
    ],
    [["--nope"], "2 Unknown option '--nope'. | Type: cmdop --help"],
    [["token"], "2 cmdop token needs a command: mint, revoke, list-revoked. | Type: cmdop token --help"],
    [["help", "exce"], "2 Unknown command 'exce' (Did you mean exec?) | Type: cmdop --help"],
    [["exce", "--help"], "2 Unknown command 'exce' (Did you mean exec?) | Type: cmdop --help"],
    [["token", "mnt"], "2 Unknown command 'mnt' (Did you mean mint?) | Type: cmdop token --help"],
    [["completion", "tcsh"], "2 shell is one of: bash, zsh, fish. | Type: cmdop completion <shell>"],
  ])("refuses %j", (line, expected) => {
    expect(refusal(line)).toBe(expected);
  });
});

describe("what needs a terminal, where there is none", () => {
  it.each([
    ["new", "Add -d to start it without attaching"],
    ["attach", "Use cmdop send, read and wait instead"],
  ])("%s says what does without", async (command, next) => {
    const terminal = openTestTerminal({}, { input: "" });
    expect(await terminal.run(command)).toBe(2);
    expect(terminal.texts.error).toContain("Standard input and output must be a terminal.");
    expect(terminal.texts.error).toContain(next);
  });
});
