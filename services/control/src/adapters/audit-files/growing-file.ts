// A file of lines on a disk: appended, flushed each time, cut back to whole lines after a crash.
import { type FileHandle, open, readdir, rename } from "node:fs/promises";
import path from "node:path";
import { makePrivateDirectory, takeProcessLock } from "@cmdop/authority";
import type { GrowingFile } from "../../ports.ts";

/** Two of the longest lines that there are. */
const tailBytes = 128 * 1024;

/** Fails with `already_running` when another process has it. */
export const openGrowingFile = async (file: string): Promise<GrowingFile> => {
  const directory = path.dirname(file);
  await makePrivateDirectory(directory);
  const lock = takeProcessLock(`${file}.lock`, "A control plane that writes this file");
  try {
    return await openLocked(file, directory, () => lock.release());
  } catch (cause) {
    lock.release();
    throw cause;
  }
};

const openLocked = async (file: string, directory: string, release: () => void): Promise<GrowingFile> => {
  let handle = await open(file, "a+", 0o600);
  let bytes = await cutTornLine(handle);
  await handle.sync();
  await syncDirectory(directory);
  /** After a write that failed the file may be longer than what counts. */
  let isTorn = false;
  return {
    get bytes() {
      return bytes;
    },
    tail: async () => {
      const lines = await lastLines(handle, bytes);
      if (lines.length > 0) return lines;
      // A crash between putting aside and going on.
      const aside = (await readdir(directory)).filter((name) => isAside(file, name)).sort();
      const newest = aside.at(-1);
      if (newest === undefined) return [];
      const old = await open(path.join(directory, newest), "r");
      try {
        return await lastLines(old, (await old.stat()).size);
      } finally {
        await old.close();
      }
    },
    append: async (text) => {
      if (isTorn) await handle.truncate(bytes);
      isTorn = true;
      const chunk = Buffer.from(text);
      await handle.writeFile(chunk);
      await handle.datasync();
      bytes += chunk.length;
      isTorn = false;
    },
    rotate: async (mark, first) => {
      if (isTorn) await handle.truncate(bytes);
      isTorn = false;
      const next = `${file}.next`;
      const fresh = await open(next, "w", 0o600);
      try {
        await fresh.writeFile(first);
        await fresh.sync();
      } finally {
        await fresh.close();
      }
      await rename(file, `${file}.${mark}`);
      await rename(next, file);
      await syncDirectory(directory);
      await handle.close();
      handle = await open(file, "a+", 0o600);
      bytes = Buffer.byteLength(first);
    },
    close: async () => {
      await handle.close();
      release();
    },
  };
};

const isAside = (file: string, name: string): boolean =>
  name.startsWith(`${path.basename(file)}.`) && /^\d{16}$/.test(name.slice(path.basename(file).length + 1));

const readTail = async (handle: FileHandle, size: number): Promise<{ text: Buffer; from: number }> => {
  const from = Math.max(0, size - tailBytes);
  const text = Buffer.alloc(size - from);
  await handle.read(text, 0, text.length, from);
  return { text, from };
};

/** The size without what stands after the last end of a line. */
const cutTornLine = async (handle: FileHandle): Promise<number> => {
  const { size } = await handle.stat();
  const { text, from } = await readTail(handle, size);
  const whole = text.lastIndexOf(10) + 1;
  const kept = whole === 0 && from > 0 ? size : from + whole;
  if (kept < size) await handle.truncate(kept);
  return kept;
};

const lastLines = async (handle: FileHandle, size: number): Promise<readonly string[]> => {
  const { text, from } = await readTail(handle, size);
  const lines = text.toString("utf8").split("\n").slice(0, -1);
  // The first one is the end of a longer line.
  return (from > 0 ? lines.slice(1) : lines).reverse();
};

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
