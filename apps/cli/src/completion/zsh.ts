import type { Completes, OptionSpec } from "../table/command-spec.ts";
import { globalOptions } from "../table/global-options.ts";
import { commandWords, completedCommands, type Word } from "./words.ts";

const quote = (text: string): string => text.replaceAll("'", "'\\''");
/** In a description, and in the part before it. */
const escapeSpec = (text: string): string => quote(text.replaceAll(/[[\]:\\]/g, (match) => `\\${match}`));

const describe = (words: readonly Word[]): string =>
  words.map(({ word, about }) => `'${word}:${quote(about.replaceAll(":", "\\:"))}'`).join(" ");

const actionOf = (completes: Completes | undefined, choices: readonly string[] | undefined): string => {
  if (choices) return `(${choices.join(" ")})`;
  if (completes === "file") return "_files";
  return completes === "machine" || completes === "session" ? `{__cmdop_names ${completes}}` : " ";
};

const optionSpec = (spec: OptionSpec): string => {
  const value = spec.value ? `:${escapeSpec(spec.value)}:${actionOf(spec.completes, spec.choices)}` : "";
  const about = `[${escapeSpec(spec.about)}]`;
  const repeat = spec.kind === "list" ? "*" : "";
  const long = `'${repeat}--${spec.name}${about}${value}'`;
  return spec.short ? `${long} '${repeat}-${spec.short}${about}${value}'` : long;
};

export const zshCompletion = (): string => {
  const { first, families } = commandWords();
  const cases = completedCommands()
    .map(({ name, spec }) => {
      const [argument] = spec.arguments ?? [];
      const operand = argument
        ? ` '1:${argument.name}:${actionOf(argument.completes, argument.choices)}'`
        : "";
      const own = (spec.options ?? []).map((option) => ` ${optionSpec(option)}`).join("");
      return `    '${name}') _arguments -S${own} "\${common[@]}"${operand} ;;`;
    })
    .join("\n");
  const familyCases = [...families]
    .map(([name, words]) => `    ${name}) local -a found=(${describe(words)}); _describe 'command' found ;;`)
    .join("\n");
  return `#compdef cmdop
# zsh completion of cmdop. eval "$(cmdop completion zsh)"
__cmdop_names() {
  local -a found
  found=(\${(f)"$(cmdop complete-names $1 2>/dev/null | sed -e 's/:/\\\\:/g' -e 's/\\t/:/')"})
  _describe "$1" found
}
_cmdop() {
  local command="\${words[2]}"
  if (( CURRENT == 2 )); then
    local -a found=(${describe(first)})
    _describe 'command' found
    return
  fi
  case "$command" in
    ${[...families.keys()].join("|")})
      if [[ "\${words[3]}" == -* ]]; then
        words=("\${words[1]}" "\${(@)words[3,-1]}"); (( CURRENT -= 1 ))
      elif (( CURRENT == 3 )); then
        case "$command" in
${familyCases}
        esac
        return
      else
        command="$command \${words[3]}"
        words=("\${words[1]}" "\${(@)words[4,-1]}"); (( CURRENT -= 2 ))
      fi ;;
    *) words=("\${words[1]}" "\${(@)words[3,-1]}"); (( CURRENT -= 1 )) ;;
  esac
  local -a common=(${globalOptions.map(optionSpec).join(" ")})
  case "$command" in
${cases}
  esac
}
if [ "$funcstack[1]" = "_cmdop" ]; then _cmdop "$@"; else compdef _cmdop cmdop; fi
`;
};
