import { randomBytes } from "node:crypto";
import { link, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "@cmdop/base";
import { systemReasonOf } from "./private-directory.ts";

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/**
 * Writes a file whole or not at all: a temporary file beside it, synced, then renamed over it; a reader sees the
 * old text or the new. A long text may come in pieces. Mode 0600 unless told otherwise. With `onlyIfAbsent` a file that is there already stays.
 */
export const writeSecretFile = async (
  path: string,
  text: string | AsyncIterable<string>,
  options: { readonly mode?: number; readonly onlyIfAbsent?: boolean } = {},
): Promise<void> => {
  const temporary = join(dirname(path), `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", options.mode ?? 0o600);
    try {
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.onlyIfAbsent) {
      // link() fails when the target is there, so that of two writers one wins and neither tears the file.
      try {
        await link(temporary, path);
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
      await unlink(temporary);
    } else {
      await rename(temporary, path);
    }
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw new Failure(
      "directory_unwritable",
      `The file ${path} cannot be written: ${systemReasonOf(cause)}.`,
      { cause },
    );
  }
};
