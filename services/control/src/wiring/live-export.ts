// Everything in the database while the control plane runs.
//
// X1  One consistent state: one read-only transaction, which waits for nobody but the disk. What it writes goes into a
//     file first; a reader that stalls holds up no request of anybody else's.
// X2  The file has no name from its first byte on: whatever ends the process, nothing is left behind.
// X3  One is written at a time; any number may be read.
import { type FileHandle, open, rm } from "node:fs/promises";
import path from "node:path";
import { Failure } from "@cmdop/base";
import { exportDatabase } from "../adapters/postgres/export-database.ts";
import type { LiveExport } from "../ports.ts";
import type { ControlDatabase } from "../store/schema.ts";

const pieceBytes = 256 * 1024;

/** `dir`: the control plane's own directory. */
export const createLiveExport = (database: ControlDatabase, dir: string): LiveExport => {
  let isWriting = false;
  const write = async (): Promise<FileHandle> => {
    if (isWriting) throw new Failure("conflict", "Another export is written at this moment.");
    isWriting = true;
    try {
      const file = await openNameless(path.join(dir, "export.tmp"));
      try {
        await writeTo(file, database);
      } catch (error) {
        await file.close();
        throw error;
      }
      return file;
    } finally {
      isWriting = false;
    }
  };
  return async function* () {
    const file = await write();
    try {
      yield* readFrom(file);
    } finally {
      await file.close();
    }
  };
};

const openNameless = async (at: string): Promise<FileHandle> => {
  // Left behind by a process that was killed between the two.
  await rm(at, { force: true });
  const file = await open(at, "wx+", 0o600);
  await rm(at);
  return file;
};

const writeTo = async (file: FileHandle, database: ControlDatabase): Promise<void> => {
  let lines: string[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    await file.writeFile(lines.join(""));
    lines = [];
    size = 0;
  };
  await exportDatabase(database, (line) => {
    lines.push(line, "\n");
    size += line.length;
    return size < pieceBytes ? undefined : flush();
  });
  await flush();
};

async function* readFrom(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
