// Pages of a list: keyset, with a mark that only this installation can make. A mark holds where a page ended and
// nothing that its reader did not see.
import { createHmac, timingSafeEqual } from "node:crypto";
import { Failure } from "@cmdop/base";
import { z } from "zod";

export const pageLimitDefault = 50;
export const pageLimitMax = 200;

/** The query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(pageLimitMax).default(pageLimitDefault),
  cursor: z.string().max(1024).optional(),
} as const;

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface PageMarks {
  seal(list: string, position: readonly (string | number)[]): string;
  /** The position in a mark of this list; `invalid_argument` for any other text. */
  open(list: string, mark: string): readonly (string | number)[];
}

const positionSchema = z.array(z.union([z.string(), z.number()])).max(8);
const macBytes = 12;

export const createPageMarks = (key: Uint8Array): PageMarks => {
  const macOf = (list: string, payload: string): Buffer =>
    createHmac("sha256", key).update(`${list}\0${payload}`).digest().subarray(0, macBytes);
  return {
    seal: (list, position) => {
      const payload = Buffer.from(JSON.stringify(position)).toString("base64url");
      return `${payload}.${macOf(list, payload).toString("base64url")}`;
    },
    open: (list, mark) => {
      const [payload = "", mac = ""] = mark.split(".");
      const given = Buffer.from(mac, "base64url");
      if (given.length !== macBytes || !timingSafeEqual(given, macOf(list, payload))) {
        throw new Failure("invalid_argument", "The cursor is not one of this list: start without one.", {
          details: { errors: [{ pointer: "/cursor", detail: "not a cursor of this list" }] },
        });
      }
      return positionSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
    },
  };
};

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/** The schema of a page of these items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/**
 * Cuts what was read with `limit + 1` to a page: the row too many tells that there is more.
 */
export const toPage = <Row, Item>(
  rows: readonly Row[],
  options: {
    readonly list: string;
    readonly limit: number;
    readonly marks: PageMarks;
    readonly positionOf: (row: Row) => readonly (string | number)[];
    readonly toItem: (row: Row) => Item;
  },
): Page<Item> => {
  const shown = rows.slice(0, options.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(options.toItem),
    nextCursor:
      rows.length > options.limit && last !== undefined
        ? options.marks.seal(options.list, options.positionOf(last))
        : null,
  };
};
