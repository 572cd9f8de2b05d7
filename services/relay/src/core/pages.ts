// Keyset pages: a token names the last item of the page before, so that items that come and go meanwhile neither
// repeat nor hide others. Pure.
import { Failure } from "@cmdop/base";
import type { Page } from "./requests.ts";

export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface PageBounds {
  readonly pageSize: number;
  readonly pageSizeMax: number;
}

/** A sort key and a unique id; items are listed in ascending order of (key, id). */
export interface PageKey {
  readonly key: string;
  readonly id: string;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compareKeys = (a: PageKey, b: PageKey): number => compare(a.key, b.key) || compare(a.id, b.id);

const toToken = ({ key, id }: PageKey): string => JSON.stringify([key, id]);

const parseToken = (token: string): PageKey | undefined => {
  try {
    const value: unknown = JSON.parse(token);
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [key, id] = value;
    return typeof key === "string" && typeof id === "string" ? { key, id } : undefined;
  } catch {
    return undefined;
  }
};

/** Milliseconds as a key that sorts newest first. */
export const newestFirst = (atMs: number): string =>
  (Number.MAX_SAFE_INTEGER - Math.trunc(atMs)).toString().padStart(16, "0");

export const toPage = <Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => PageKey,
  request: PageRequest,
  bounds: PageBounds,
): Page<Item> | Failure => {
  const after = request.pageToken === "" ? undefined : parseToken(request.pageToken);
  if (request.pageToken !== "" && after === undefined)
    return new Failure("invalid_argument", "page_token: not one of ours.");
  const size = request.pageSize > 0 ? Math.min(request.pageSize, bounds.pageSizeMax) : bounds.pageSize;
  // One more than the page, so that its end is known; the rest is never sorted.
  const first: { readonly item: Item; readonly at: PageKey }[] = [];
  for (const item of items) {
    const at = keyOf(item);
    if (after !== undefined && compareKeys(at, after) <= 0) continue;
    const last = first.at(-1);
    if (first.length > size && last && compareKeys(at, last.at) >= 0) continue;
    const place = first.findLastIndex((other) => compareKeys(other.at, at) < 0) + 1;
    first.splice(place, 0, { item, at });
    if (first.length > size + 1) first.pop();
  }
  const page = first.slice(0, size);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    nextPageToken: last !== undefined && first.length > size ? toToken(last.at) : "",
  };
};
