import { Command, CommanderError, Option } from "commander";
import { usageError } from "./cli-error.ts";
import { createHelpLayout, type HelpLayout } from "./help-layout.ts";
import { afterDashes, misread, withoutList } from "./misread.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./table/command-spec.ts";
import { commandTable, familyAbout } from "./table/command-table.ts";
import { globalOptions } from "./table/global-options.ts";

/** What was asked for. */
export interface Parsed {
  readonly command: CommandSpec;
  readonly arguments: readonly string[];
  readonly argv: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ProgramOutput {
  readonly columns: number | undefined;
  readonly isColoured: boolean;
  out(text: string): void;
}

/** What an option or argument is about, with what it takes where neither that nor its value says it. */
export const aboutOf = (spec: OptionSpec | ArgumentSpec): string => {
  const said = `${spec.about} ${"value" in spec ? spec.value : ""}`;
  const isSaid = spec.choices?.every((choice) => said.includes(choice)) ?? true;
  return isSaid ? spec.about : `${spec.about}: ${spec.choices?.join(", ")}`;
};

const toOption = (spec: OptionSpec): Option => {
  const flags = `${spec.short ? `-${spec.short}, ` : ""}--${spec.name}${spec.value ? ` <${spec.value}>` : ""}`;
  const option = new Option(flags, aboutOf(spec));
  if (spec.name === "no-color") option.default(undefined);
  if (spec.kind === "list") {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
};

export const usageOf = (spec: CommandSpec): string => {
  const args = (spec.arguments ?? []).map((argument) => {
    const name = argument.isVariadic ? `${argument.name}…` : argument.name;
    return argument.isRequired ? `<${name}>` : `[${name}]`;
  });
  const argv =
    spec.argv === "required" ? ["--", "program", "[argument…]"] : ["[--", "program", "[argument…]]"];
  return ["[options]", ...args, ...(spec.argv ? argv : [])].join(" ");
};

const splitArgv = (
  args: readonly string[],
): { head: readonly string[]; rest: readonly string[] | undefined } => {
  const at = args.indexOf("--");
  return at < 0 ? { head: args, rest: undefined } : { head: args.slice(0, at), rest: args.slice(at + 1) };
};

const toCommand = (
  spec: CommandSpec,
  rest: readonly string[] | undefined,
  layout: HelpLayout,
  done: (parsed: Parsed) => void,
): Command => {
  const command = new Command(spec.name.split(" ").at(-1));
  command
    .description([spec.about, ...(spec.details ?? [])].join("\n\n"))
    .summary(spec.about)
    .usage(usageOf(spec));
  if (spec.alias) command.alias(spec.alias);
  command.helpGroup(`${spec.group}:`);
  for (const argument of spec.arguments ?? []) {
    const name = argument.isVariadic ? `${argument.name}...` : argument.name;
    // What stands after -- is told apart below: to the parser, nothing before it is required.
    const isRequired = argument.isRequired && !spec.argv;
    command.argument(isRequired ? `<${name}>` : `[${name}]`, aboutOf(argument));
  }
  for (const option of spec.options ?? []) command.addOption(toOption(option));
  command.allowExcessArguments(spec.argv !== undefined);
  if (spec.examples)
    command.addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}`);
  command.addHelpText("after", `\n${layout.paragraph(commonOptions)}`);
  command.action(() => {
    const operands = command.args;
    const argv = spec.argv ? (rest ?? []) : [];
    const given = spec.argv ? operands.slice(0, operands.length - argv.length) : operands;
    const hint = `Type: cmdop ${spec.name} ${usageOf(spec).replace("[options] ", "")}`;
    if (spec.argv && given.length > (spec.arguments?.length ?? 0)) {
      throw usageError(
        `"${given[spec.arguments?.length ?? 0]}" is one too many: the program stands after --.`,
        hint,
      );
    }
    if (spec.argv === "required" && argv.length === 0) {
      throw usageError("There is no program to run.", afterDashes([spec.name, ...given]) ?? hint);
    }
    for (const [index, argument] of (spec.arguments ?? []).entries()) {
      const value = given[index];
      if (value !== undefined && argument.choices && !argument.choices.includes(value)) {
        throw usageError(`${argument.name} is one of: ${argument.choices.join(", ")}.`, hint);
      }
    }
    done({ command: spec, arguments: given, argv, options: command.optsWithGlobals() });
  });
  return command;
};

const beginnings = (layout: HelpLayout): string =>
  [
    "",
    layout.paragraph("To begin, with npm start in another terminal:"),
    layout.items([
      ["cmdop new", "a live shell; Ctrl-] then d leaves it, and it runs on"],
      ["cmdop attach", "back to it, from here or from anywhere else"],
      ["cmdop exec -- uname -a", "one command: its output and its exit code"],
      ["cmdop doctor", "when something does not work"],
    ]),
    "",
    layout.paragraph("Settings and exit codes: docs/reference/cli.md"),
  ].join("\n");

const commonOptions = "Options of every command (--json, --quiet, --fleet, …): cmdop --help";

/**
 * Reads the command line. Undefined: help was asked for and printed. Throws a CliError for what cannot be read.
 */
export const parseCommandLine = (typed: readonly string[], output: ProgramOutput): Parsed | undefined => {
  const args = withoutList(typed);
  const { rest } = splitArgv(args);
  let parsed: Parsed | undefined;
  const layout = createHelpLayout(output.columns);
  const program = new Command("cmdop");
  program
    .description("Reach live shells, commands and long jobs on your machines, by session.")
    .usage("<command> [options]")
    .helpCommand("help [command]", "help for a command")
    .addHelpText("after", beginnings(layout));
  for (const option of globalOptions) program.addOption(toOption(option));
  const families = new Map<string, Command>();
  for (const spec of commandTable) {
    const [family] = spec.name.split(" ");
    const parent = spec.name.includes(" ") && family ? familyOf(program, families, family, spec) : program;
    parent.addCommand(
      toCommand(spec, rest, layout, (found) => {
        parsed = found;
      }),
      { hidden: spec.isHidden === true },
    );
  }
  eachCommand(program, (command) => {
    command.exitOverride();
    command.configureHelp(layout.configuration);
    command.configureOutput({
      writeOut: output.out,
      // What went wrong is said by the caller, in its three lines.
      writeErr: () => {},
      getOutHelpWidth: () => layout.cells,
      getOutHasColors: () => output.isColoured,
    });
  });
  try {
    program.parse(withoutHelpCommand(program, args), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return undefined;
    if (error.code === "commander.help") {
      const family = args.find((word) => families.has(word));
      if (family) {
        const names = families.get(family)?.commands.map((command) => command.name());
        throw usageError(
          `cmdop ${family} needs a command: ${names?.join(", ")}.`,
          `Type: cmdop ${family} --help`,
        );
      }
      // Nothing was asked for.
      program.outputHelp();
      return undefined;
    }
    throw misread(error.message, args);
  }
  return parsed;
};

const familyOf = (
  program: Command,
  families: Map<string, Command>,
  family: string,
  spec: CommandSpec,
): Command => {
  // A command may have commands of its own: `sessions` lists, `sessions show` shows one.
  const known = families.get(family) ?? program.commands.find((command) => command.name() === family);
  if (known) return known;
  const command = new Command(family).description(familyAbout[family] ?? "").helpGroup(`${spec.group}:`);
  command.usage("<command> [options]");
  families.set(family, command);
  program.addCommand(command);
  return command;
};

/** `help keys create` as `keys create --help`; of what is no command, no help: that it is none is said instead. */
const withoutHelpCommand = (program: Command, args: readonly string[]): readonly string[] => {
  const asked = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  const [word = "-"] = asked;
  const isKnown = program.commands.some((command) => [command.name(), ...command.aliases()].includes(word));
  return isKnown || word.startsWith("-") ? asked : asked.filter((each) => each !== "--help" && each !== "-h");
};

const eachCommand = (command: Command, visit: (command: Command) => void): void => {
  visit(command);
  for (const child of command.commands) eachCommand(child, visit);
};
