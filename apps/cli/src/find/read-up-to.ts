const pageMax = 200;

/** The first `wanted` items of a list, page after page. */
export const readUpTo = async <Item>(
  wanted: number,
  read: (page: {
    readonly limit: number;
    readonly cursor?: string;
  }) => Promise<{ readonly data?: { readonly items: readonly Item[]; readonly nextCursor: string | null } }>,
): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(pageMax, wanted - items.length);
    const { data } = await read({ limit, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...(data?.items ?? []));
    cursor = data?.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < wanted);
  return items;
};
