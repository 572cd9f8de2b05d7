// Search by words in a catalogue of any size. Row-level security keeps the planner from the index on words, and a page
// in the order of time finds common words soon and rare ones late: so both ways are gone, each as far as it is short.
import type { Selectable, SelectQueryBuilder } from "kysely";
import { sql } from "kysely";
import type { Reader, Schema } from "../../store/schema.ts";
import type { SessionTable } from "../../store/tables/session-tables.ts";

export type SessionRow = Selectable<SessionTable>;

/** Sessions of one fleet, with every filter but the words, in the order of the page, without a limit. */
export type SessionPage = SelectQueryBuilder<Schema, "sessions", SessionRow>;

/** Looked at before anything else: a word of one session in ten fills a page from these. */
const newestLooked = 500;
/** As far as a page is looked for in the order of time, where the newest say that half of that will do. */
const walkedMax = 8_000;
/** What the index finds is read whole and sorted. */
const foundMax = 1_000;
/** A bound all the same: without one the planner, which takes two words for rare, reads and sorts the whole fleet. */
const everyone = 2_000_000_000;

/** What is behind this one in the order of the page. Sessions' times are whole milliseconds. */
export const isBehind = (createdAt: Date, id: string) =>
  sql<boolean>`(created_at, id) < (${createdAt}, ${id})`;

export const searchSessions = async (
  db: Reader,
  { page, fleetId, words, limit }: { page: SessionPage; fleetId: string; words: string; limit: number },
): Promise<readonly SessionRow[]> => {
  // A subquery, asked once: the plan of a prepared statement knows no words, and would read them anew for each session.
  const query = sql`(select to_tsquery('simple', ${words}))`;
  /** The first ones of these, in the order of the page. */
  const firstOf = (rows: SessionPage, count: number) =>
    db
      .selectFrom(rows.as("looked"))
      .selectAll()
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(count);

  const walked: SessionRow[] = [];
  /** Looks at so many more, from the last that was found on: each session costs, also to find out that it is not one. */
  const walkOn = async (lookedMax: number): Promise<boolean> => {
    const last = walked.at(-1);
    const more = last ? page.where(isBehind(last.created_at, last.id)) : page;
    const matching = firstOf(more.limit(lookedMax), limit - walked.length);
    walked.push(...(await matching.where(sql<boolean>`words @@ ${query}`).execute()));
    return walked.length === limit;
  };

  if (await walkOn(newestLooked)) return walked;
  // Twice as far as the newest say: for a bound near the fleet's size the planner reads the whole fleet and sorts it.
  const likely = Math.ceil((newestLooked * 2 * (limit - walked.length)) / walked.length);
  if (likely <= walkedMax && (await walkOn(Math.max(likely, newestLooked)))) return walked;
  const { rows: found } = await sql<{ id: string }>`
    select session_ids_found(${fleetId}, ${query}, ${foundMax + 1}) as id`.execute(db);
  if (found.length > foundMax) {
    await walkOn(everyone);
    return walked;
  }
  const ids = found.map(({ id }) => id);
  // Without an order inside: the planner would walk in it and compare each session with all the ids.
  const theirs = page.clearOrderBy().where(sql<boolean>`id = any(${ids}::text[])`);
  return await firstOf(theirs.limit(foundMax), limit).execute();
};

/** `build prod` → `'build':* & 'prod':*`. What is no letter, digit or underscore separates words. */
export const toPrefixQuery = (text: string): string =>
  (text.match(/[\p{L}\p{N}_]+/gu) ?? [])
    .slice(0, 8)
    .map((word) => `'${word}':*`)
    .join(" & ");
