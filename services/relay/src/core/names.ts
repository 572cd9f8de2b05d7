// Finds one thing by what a person types. Pure.
//
// I1 An answer is unique or it is no answer: two candidates are never decided between.

export interface Named {
  readonly id: string;
  /** In order of precedence: an exact match of an earlier name wins over one of a later. */
  readonly names: readonly string[];
}

export type Resolution<Item> =
  | { readonly kind: "found"; readonly item: Item }
  | { readonly kind: "none" }
  | { readonly kind: "ambiguous"; readonly candidates: readonly Item[] };

const outcome = <Item>(candidates: readonly Item[]): Resolution<Item> => {
  const [item, ...others] = candidates;
  if (item === undefined) return { kind: "none" };
  return others.length === 0 ? { kind: "found", item } : { kind: "ambiguous", candidates };
};

/**
 * Id, then exact names in their order (of several that an earlier one fits, the only one that a later one fits too), then a unique prefix of an id or a name of at least `prefixCharsMin`
 * characters; an empty query means the only item there is. Names are compared without case, ids with it.
 */
export const resolveName = <Item extends Named>(
  query: string,
  items: readonly Item[],
  prefixCharsMin: number,
): Resolution<Item> => {
  if (query === "") return outcome(items);
  const byId = items.filter((item) => item.id === query);
  if (byId.length > 0) return outcome(byId);
  const wanted = query.toLowerCase();
  const ranks = Math.max(0, ...items.map((item) => item.names.length));
  for (let rank = 0; rank < ranks; rank++) {
    const fits = (item: Item, at: number): boolean => item.names[at]?.toLowerCase() === wanted;
    const exact = items.filter((item) => fits(item, rank));
    if (exact.length === 0) continue;
    // Copies of a machine have one hostname: of them the one that is called so is meant.
    const called = exact.filter((item) => item.names.some((_, at) => at > rank && fits(item, at)));
    return outcome(called.length === 1 ? called : exact);
  }
  if (query.length < prefixCharsMin) return { kind: "none" };
  return outcome(
    items.filter(
      (item) => item.id.startsWith(query) || item.names.some((name) => name.toLowerCase().startsWith(wanted)),
    ),
  );
};
