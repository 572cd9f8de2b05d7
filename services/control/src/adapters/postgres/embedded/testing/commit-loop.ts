// A process that says what it found in each of its databases, then commits and acknowledges without end in all of
// them, until it is killed. Arguments: how many bytes of padding a row has at most, and the directories.
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { sql } from "kysely";
import { openDatabase } from "../../open-database.ts";

const [paddingBytesMax = "0", ...directories] = process.argv.slice(2);

const commitWithoutEnd = async (dir: string, index: number): Promise<never> => {
  const say = (line: string): void => {
    writeSync(1, `${index} ${line}\n`);
  };
  const database = await openDatabase({ dir });
  await sql`create table if not exists pairs (n int, half int, padding text, primary key (n, half))`.execute(
    database.kysely,
  );
  const { rows } = await sql<{ newest: number; rows: number; torn: number }>`
    select coalesce(max(n), 0)::int as newest, count(*) as rows,
      (select count(*) from (select n from pairs group by n having count(*) <> 2) t) as torn
    from pairs
  `.execute(database.kysely);
  const [found = { newest: 0, rows: 0, torn: 0 }] = rows;
  say(`found ${found.newest} ${found.rows} ${found.torn}`);
  // A process that is killed leaves its successor no compiled modules by itself.
  flushCompileCache();
  for (let n = found.newest + 1; ; n += 1) {
    const padding = "x".repeat((n * 7_919) % (Number(paddingBytesMax) + 1));
    await database.transaction(async (transaction) => {
      for (const half of [1, 2]) {
        await sql`insert into pairs values (${n}, ${half}, ${padding})`.execute(transaction);
      }
    });
    say(`acknowledged ${n}`);
  }
};

await Promise.all(directories.map(commitWithoutEnd));
