import type { OptionSpec } from "../table/command-spec.ts";
import { globalOptions } from "../table/global-options.ts";
import { commandWords, completedCommands } from "./words.ts";

const wordsOf = (options: readonly OptionSpec[]): string =>
  options
    .flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])
    .join(" ");

/** What comes after an option, for the pattern of a case that the option's own words are put into. */
const valueCases = (options: readonly OptionSpec[], patternOf: (word: string) => string): string[] =>
  options
    .filter(({ value }) => value !== undefined)
    .map((option) => {
      const what = option.choices ? `words ${option.choices.join(" ")}` : (option.completes ?? "nothing");
      return `    ${wordsOf([option]).split(" ").map(patternOf).join("|")}) echo "${what}" ;;`;
    });

/** Runs on bash 3.2 and up, with or without the bash-completion package. */
export const bashCompletion = (): string => {
  const { first, families } = commandWords();
  const options = completedCommands()
    .map(({ name, spec }) => `    "${name}") echo "${wordsOf(spec.options ?? [])}" ;;`)
    .join("\n");
  const values = [
    ...completedCommands().flatMap(({ name, spec }) =>
      valueCases(spec.options ?? [], (word) => `"${name} ${word}"`),
    ),
    ...valueCases(globalOptions, (word) => `*" ${word}"`),
  ].join("\n");
  const operands = completedCommands()
    .flatMap(({ name, spec }) => {
      const [argument] = spec.arguments ?? [];
      if (!argument) return [];
      const what = argument.choices
        ? `words ${argument.choices.join(" ")}`
        : (argument.completes ?? "nothing");
      return [`    "${name}") echo "${what}" ;;`];
    })
    .join("\n");
  return `# bash completion of cmdop. eval "$(cmdop completion bash)"
__cmdop_words="${first.map(({ word }) => word).join(" ")} help"
__cmdop_family() {
  case "$1" in
${[...families].map(([name, words]) => `    ${name}) echo "${words.map(({ word }) => word).join(" ")}" ;;`).join("\n")}
  esac
}
__cmdop_options() {
  case "$1" in
${options}
  esac
  echo "${wordsOf(globalOptions)} --help"
}
__cmdop_value() {
  case "$1" in
${values}
  esac
}
__cmdop_operand() {
  case "$1" in
${operands}
  esac
}
__cmdop_offer() {
  local IFS=$' \\t\\n' kind="$1" word="$2"
  case "$kind" in
    words\\ *) COMPREPLY=($(compgen -W "\${kind#words }" -- "$word")) ;;
    file) COMPREPLY=($(compgen -f -- "$word")) ;;
    machine|session)
      IFS=$'\\n'
      COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" complete-names "$kind" 2>/dev/null | cut -f1)" -- "$word")) ;;
  esac
}
_cmdop() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" family="" operands=0 skip=0 i item value
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    item="\${COMP_WORDS[i]}"
    if [ "$skip" = 1 ]; then skip=0; continue; fi
    case "$item" in
      --) return ;;
      -*) [ -n "$(__cmdop_value "$command $item")" ] && skip=1 ;;
      *)
        if [ -z "$command" ]; then
          command="$item"; family="$(__cmdop_family "$item")"
        elif [ -n "$family" ]; then
          command="$command $item"; family=""
        else
          operands=$((operands + 1))
        fi ;;
    esac
  done
  value="$(__cmdop_value "$command $previous")"
  if [ -n "$value" ]; then
    __cmdop_offer "$value" "$word"
  elif [ -z "$command" ] && [ "\${word#-}" = "$word" ]; then
    __cmdop_offer "words $__cmdop_words" "$word"
  elif [ "\${word#-}" != "$word" ]; then
    __cmdop_offer "words $(__cmdop_options "\${command:-version}")" "$word"
  elif [ -n "$family" ]; then
    __cmdop_offer "words $family" "$word"
  elif [ "$operands" = 0 ]; then
    __cmdop_offer "$(__cmdop_operand "$command")" "$word"
  fi
}
complete -F _cmdop cmdop
`;
};
