// What the shells complete, from the command table.
import type { CommandSpec } from "../table/command-spec.ts";
import { commandTable } from "../table/command-table.ts";

export interface CompletedCommand {
  /** "relay init". */
  readonly name: string;
  readonly about: string;
  readonly spec: CommandSpec;
}

/** Each command once for each of its names. */
export const completedCommands = (): readonly CompletedCommand[] =>
  commandTable
    .filter((spec) => !spec.isHidden)
    .flatMap((spec) =>
      [spec.name, ...(spec.alias ? [spec.alias] : [])].map((name) => ({
        name,
        about: spec.about,
        spec,
      })),
    );

export interface Word {
  readonly word: string;
  readonly about: string;
}

/** First words, and the second words of each family. */
export const commandWords = (): {
  readonly first: readonly Word[];
  readonly families: ReadonlyMap<string, readonly Word[]>;
} => {
  const first = new Map<string, string>();
  const families = new Map<string, Word[]>();
  for (const { name, about } of completedCommands()) {
    const [word = "", second] = name.split(" ");
    if (second === undefined) first.set(word, about);
    else {
      if (!first.has(word)) first.set(word, `${word} …`);
      families.set(word, [...(families.get(word) ?? []), { word: second, about }]);
    }
  }
  return { first: [...first].map(([word, about]) => ({ word, about })), families };
};
