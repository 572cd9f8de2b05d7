// What is said of a command line that cannot be read: which word was meant, and what to type.
import { type CliError, usageError } from "./cli-error.ts";
import type { CommandSpec } from "./table/command-spec.ts";
import { commandTable, familyAbout } from "./table/command-table.ts";

/** What other programs call what is done here. */
const meantBy: Readonly<Record<string, string>> = {
  ssh: "new",
  shell: "new",
  run: "exec",
  ls: "sessions",
  list: "sessions",
  logs: "read",
  kill: "close",
  start: "up",
  stop: "down",
};

/** A parser's message, "error: unknown option '--x'\n(Did you mean …?)", for whoever typed `args`. */
export const misread = (message: string, args: readonly string[]): CliError => {
  const [, unknown = ""] = /unknown command '([^']*)'/.exec(message) ?? [];
  const meant = Object.hasOwn(meantBy, unknown) && args[0] === unknown ? meantBy[unknown] : undefined;
  if (meant)
    return usageError(`Unknown command '${unknown}'. Here it is ${meant}.`, `Type: cmdop ${meant} --help`);
  const isOption = message.includes("unknown option") && !message.includes("Did you mean");
  const program = isOption ? afterDashes(args) : undefined;
  return usageError(toSentence(message), program ?? nextAfter(args));
};

/** Of a program without the `--` before it. */
export const afterDashes = (args: readonly string[]): string | undefined => {
  const [name, ...rest] = args;
  const spec = commandTable.find((each) => each.name === name);
  if (!spec?.argv || rest[0] === undefined || rest[0].startsWith("-") || args.includes("--"))
    return undefined;
  return `The program stands after --: cmdop ${name} -- ${rest.map(quoted).join(" ")}`;
};

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const toSentence = (message: string): string => {
  const text = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? "" : "."}`;
};

const nextAfter = (args: readonly string[]): string => {
  const words = args.filter((word) => !word.startsWith("-")).slice(0, 2);
  if (words.length === 0) return "Type: cmdop --help";
  const known = commandTable.find(
    (spec) => spec.name === words.join(" ") || spec.name === words[0] || spec.alias === words[0],
  );
  const family = words.find((word) => Object.hasOwn(familyAbout, word));
  return `Type: cmdop ${known ? `${known.name} ` : family ? `${family} ` : ""}--help`;
};

/** `machines list` as `machines`, which lists: as `members list` and its like do. */
export const withoutList = (args: readonly string[]): readonly string[] => {
  const [family, word, ...rest] = args;
  if (family === undefined || word !== "list") return args;
  const isThere = (isMeant: (spec: CommandSpec) => boolean) => commandTable.some(isMeant);
  const lists =
    isThere(({ name }) => name === family) && isThere(({ name }) => name.startsWith(`${family} `));
  return lists && !isThere(({ name }) => name === `${family} list`) ? [family, ...rest] : args;
};
