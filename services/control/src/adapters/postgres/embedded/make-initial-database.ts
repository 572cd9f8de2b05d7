// Makes initial-database.tar.br, the empty database that a first start unpacks. Run it after a new version of
// @electric-sql/pglite, with Node and no arguments; a test fails when the two do not fit each other.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { PGlite } from "@electric-sql/pglite";
import { initialDatabaseFile } from "./prepare-data-directory.ts";
import { type ArchiveEntry, writeArchive } from "./tar-archive.ts";

const scratch = mkdtempSync(join(tmpdir(), "cmdop-initdb-"));
try {
  const dataDir = join(scratch, "data");
  // Small segments of the log: less space at rest, and less at once when the disk is nearly full.
  const engine = await PGlite.create({ dataDir, initDbStartParams: ["--wal-segsize=4"] });
  // Nothing creates databases later. Their copies of the catalogue would double the directory, and their age would
  // hold back the freezing of transaction ids for ever, because nothing vacuums them.
  await engine.exec("UPDATE pg_database SET datistemplate = false, datallowconn = true");
  await engine.exec("DROP DATABASE template0");
  await engine.exec("DROP DATABASE template1");
  await engine.exec("VACUUM (FREEZE, ANALYZE)");
  await engine.close();

  const entries: ArchiveEntry[] = [];
  const collect = (path: string): void => {
    for (const name of readdirSync(join(dataDir, path)).sort()) {
      const child = path === "" ? name : `${path}/${name}`;
      if (statSync(join(dataDir, child)).isDirectory()) {
        entries.push({ path: child });
        collect(child);
      } else {
        entries.push({ path: child, content: readFileSync(join(dataDir, child)) });
      }
    }
  };
  collect("");
  const archive = writeArchive(entries);
  const compressed = brotliCompressSync(archive, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: archive.length,
    },
  });
  writeFileSync(initialDatabaseFile, compressed);
  console.log(`${entries.length} entries, ${archive.length} bytes, ${compressed.length} compressed`);
} finally {
  rmSync(scratch, { recursive: true });
}
