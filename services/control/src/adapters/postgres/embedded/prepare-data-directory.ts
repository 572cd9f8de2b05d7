import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { makePrivateDirectory } from "@cmdop/authority/files";
import { readArchive } from "./tar-archive.ts";

/** What a first start begins with, made by make-initial-database.ts; running initdb takes ten times as long. */
export const initialDatabaseFile = new URL("./initial-database.tar.br", import.meta.url);

const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Makes the engine's data directory from the snapshot unless it is there. It appears whole or not at all, also
 * after a power cut in the middle; what an interrupted start left behind is removed.
 */
export const prepareDataDirectory = async (dataDir: string): Promise<void> => {
  if (existsSync(join(dataDir, "PG_VERSION"))) return;
  const unfinished = `${dataDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await makePrivateDirectory(unfinished);
  const archive = await promisify(brotliDecompress)(readFileSync(initialDatabaseFile));
  const directories = [unfinished];
  for (const { path, content } of readArchive(archive)) {
    const target = join(unfinished, path);
    if (content === undefined) {
      await mkdir(target, { recursive: true, mode: 0o700 });
      directories.push(target);
      continue;
    }
    const file = await open(target, "wx", 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const directory of directories) await syncPath(directory);
  await rename(unfinished, dataDir);
  await syncPath(dirname(dataDir));
};
