import type { Completes, OptionSpec } from "../table/command-spec.ts";
import { globalOptions } from "../table/global-options.ts";
import { commandWords, completedCommands } from "./words.ts";

const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const valueFlags = (completes: Completes | undefined, choices: readonly string[] | undefined): string => {
  if (choices) return ` -x -a ${quote(choices.join(" "))}`;
  if (completes === "file") return " -r -F";
  return completes === "machine" || completes === "session"
    ? ` -x -a "(cmdop complete-names ${completes} 2>/dev/null)"`
    : " -x";
};

const optionFlags = (option: OptionSpec): string => {
  const short = option.short ? ` -s ${option.short}` : "";
  const value = option.value ? valueFlags(option.completes, option.choices) : "";
  return ` -l ${option.name}${short}${value} -d ${quote(option.about)}`;
};

export const fishCompletion = (): string => {
  const { first, families } = commandWords();
  const lines = [
    "# fish completion of cmdop. cmdop completion fish | source",
    "complete -c cmdop -f",
    "function __cmdop_words",
    "    set -l words",
    "    for word in (commandline -opc)[2..-1]",
    "        string match -q -- '-*' $word; or set -a words $word",
    "    end",
    "    echo (count $words) $words",
    "end",
    "function __cmdop_is",
    "    set -l words (string split ' ' -- (__cmdop_words))[2..-1]",
    "    test (count $words) -ge (count $argv); or return 1",
    "    for i in (seq (count $argv))",
    '        test "$words[$i]" = "$argv[$i]"; or return 1',
    "    end",
    "end",
    "function __cmdop_at",
    "    test (string split ' ' -- (__cmdop_words))[1] -eq $argv[1]",
    "end",
  ];
  for (const { word, about } of first) {
    lines.push(`complete -c cmdop -n '__cmdop_at 0' -a ${quote(word)} -d ${quote(about)}`);
  }
  for (const [family, words] of families) {
    for (const { word, about } of words) {
      lines.push(
        `complete -c cmdop -n '__cmdop_at 1; and __cmdop_is ${family}' -a ${quote(word)} -d ${quote(about)}`,
      );
    }
  }
  for (const option of globalOptions) lines.push(`complete -c cmdop${optionFlags(option)}`);
  for (const { name, spec } of completedCommands()) {
    // What is a command and a family ("machines") has its options before the second word alone.
    const is = families.has(name) ? `__cmdop_at 1; and __cmdop_is ${name}` : `__cmdop_is ${name}`;
    for (const option of spec.options ?? []) {
      lines.push(`complete -c cmdop -n ${quote(is)}${optionFlags(option)}`);
    }
    const [argument] = spec.arguments ?? [];
    const offered = argument ? valueFlags(argument.completes, argument.choices) : " -x";
    if (argument && offered !== " -x") {
      const at = name.split(" ").length;
      lines.push(`complete -c cmdop -n ${quote(`__cmdop_at ${at}; and ${is}`)}${offered}`);
    }
  }
  return `${lines.join("\n")}\n`;
};
