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
 * Id, then exact names in their order, then a unique prefix of an id or a name of at least `prefixCharsMin`
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
    const exact = items.filter((item) => item.names[rank]?.toLowerCase() === wanted);
    if (exact.length > 0) return outcome(exact);
  }
  if (query.length < prefixCharsMin) return { kind: "none" };
  return outcome(
    items.filter(
      (item) => item.id.startsWith(query) || item.names.some((name) => name.toLowerCase().startsWith(wanted)),
    ),
  );
};
