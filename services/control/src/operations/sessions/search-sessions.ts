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
/** As far as a page is looked for whose words are likely to fill it in half of that. */
const walkedMax = 8_000;
/** What the index finds is read whole and sorted. */
const foundMax = 1_000;
/** A bound all the same: without one the planner, which takes two words for rare, reads and sorts the whole fleet. */
const everyone = 2_000_000_000;

export const searchSessions = async (
  db: Reader,
  { page, fleetId, words, limit }: { page: SessionPage; fleetId: string; words: string; limit: number },
): Promise<readonly SessionRow[]> => {
  const query = sql`to_tsquery('simple', ${words})`;
  /** The first ones of these, in the order of the page. */
  const firstOf = (rows: SessionPage) =>
    db
      .selectFrom(rows.as("looked"))
      .selectAll()
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit);
  const walk = (lookedMax: number): Promise<readonly SessionRow[]> =>
    firstOf(page.limit(lookedMax)).where(sql<boolean>`words @@ ${query}`).execute();

  const newest = await walk(newestLooked);
  if (newest.length === limit) return newest;
  if (newestLooked * limit * 2 <= newest.length * walkedMax) {
    const walked = await walk(walkedMax);
    if (walked.length === limit) return walked;
  }
  const { rows: found } = await sql<{ id: string }>`
    select session_ids_found(${fleetId}, ${query}, ${foundMax + 1}) as id`.execute(db);
  if (found.length > foundMax) return await walk(everyone);
  const ids = found.map(({ id }) => id);
  // Without an order inside: the planner would walk in it and compare each session with all the ids.
  const theirs = page.clearOrderBy().where(sql<boolean>`id = any(${ids}::text[])`);
  return await firstOf(theirs.limit(foundMax)).execute();
};

/** `build prod` → `'build':* & 'prod':*`. What is no letter, digit or underscore separates words. */
export const toPrefixQuery = (text: string): string =>
  (text.match(/[\p{L}\p{N}_]+/gu) ?? [])
    .slice(0, 8)
    .map((word) => `'${word}':*`)
    .join(" & ");
