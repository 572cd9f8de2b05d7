// What somebody means by a word, among the things of one list: by id, else by exact name, else by name in any case,
// else by the beginning of an id. One that fits several is refused, with their ids.
import { toDisplayText } from "@cmdop/base";
import { CliError } from "../cli-error.ts";

interface Identified {
  readonly id: string;
}

export interface Naming<Item> {
  /** One of them within a sentence, as "key". */
  readonly what: string;
  /** The command that lists them, as "keys list". */
  readonly list: string;
  /** Empty: it is called by its id alone. */
  readonly namesOf: (item: Item) => readonly string[];
  /** Why there is none; default: "There is no key NAME." */
  readonly none?: string;
}

/** Without the mark of its kind, as `mem_`: less than this is a name that was mistyped rather than an id. */
const beginningCharsMin = 4;
const candidatesMax = 10;

const beginsSo = ({ id }: Identified, wanted: string): boolean =>
  id.startsWith(wanted) && wanted.replace(/^[a-z]{3}_/, "").length >= beginningCharsMin;

/** Those that fit equally well. */
export const fittingNamed = <Item extends Identified>(
  items: readonly Item[],
  wanted: string,
  namesOf: Naming<Item>["namesOf"],
): readonly Item[] => {
  if (wanted === "") return [];
  const text = wanted.toLowerCase();
  const steps: readonly ((item: Item) => boolean)[] = [
    ({ id }) => id === wanted,
    (item) => namesOf(item).includes(wanted),
    (item) => namesOf(item).some((name) => name.toLowerCase() === text),
    (item) => beginsSo(item, wanted),
  ];
  return steps.map((fits) => items.filter(fits)).find((fits) => fits.length > 0) ?? [];
};

/** The one that is meant; `not_found`, or `ambiguous_name` with the candidates. */
export const chooseNamed = <Item extends Identified>(
  items: readonly Item[],
  wanted: string,
  { what, list, namesOf, none }: Naming<Item>,
): Item => {
  const fits = fittingNamed(items, wanted, namesOf);
  const [item, another] = fits;
  if (item && !another) return item;
  if (!item) {
    throw new CliError({
      what: `no such ${what}`,
      why: none ?? `There is no ${what} ${toDisplayText(wanted, 100)}.`,
      next: `Type: cmdop ${list}`,
      code: "not_found",
    });
  }
  const candidates = fits.slice(0, candidatesMax).map((one) => titleOf(one, namesOf(one)[0]));
  const more = fits.length > candidates.length ? `, and ${fits.length - candidates.length} more` : "";
  throw new CliError({
    what: `which ${what}?`,
    why: `${toDisplayText(wanted, 100)} may be ${candidates.join(", ")}${more}.`,
    next: `Name one by its id: cmdop ${list}`,
    code: "ambiguous_name",
  });
};

/** As a person recognizes it, and with what no other has. */
export const titleOf = ({ id }: Identified, name: string | undefined): string =>
  name ? `${toDisplayText(name, 40)} (${id})` : id;
