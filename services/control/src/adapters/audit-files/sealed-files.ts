// Sealed files on a disk: written beside their place, flushed, moved there, and the directory flushed. Beside each
// lies `<name>.sha256` as sha256sum writes it.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { makePrivateDirectory } from "@cmdop/authority";
import { randomBase62 } from "@cmdop/base";
import type { FileDigest, SealedFileDraft, SealedFiles } from "../../ports.ts";

const suffix = ".ndjson";

export const createSealedFiles = (directory: string): SealedFiles => ({
  list: async () => {
    await makePrivateDirectory(directory);
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith(suffix)).sort();
  },
  begin: (name) => begin(directory, name),
  digest: async (name) => {
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      await pipeline(createReadStream(path.join(directory, name)), async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
        }
      });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
    return { bytes, sha256: hash.digest("hex") };
  },
});

const begin = async (directory: string, name: string): Promise<SealedFileDraft> => {
  await makePrivateDirectory(directory);
  const draft = path.join(directory, `.${name}.${randomBase62(8)}`);
  const handle = await open(draft, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  let isOpen = true;
  const digest = (): FileDigest => ({ bytes, sha256: hash.copy().digest("hex") });
  const closeOnce = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    write: async (text) => {
      const chunk = Buffer.from(text);
      hash.update(chunk);
      bytes += chunk.length;
      await handle.writeFile(chunk);
    },
    digest,
    commit: async () => {
      await handle.sync();
      await closeOnce();
      const sum = `${draft}.sha256`;
      const sumHandle = await open(sum, "wx", 0o600);
      try {
        await sumHandle.writeFile(`${digest().sha256}  ${name}\n`);
        await sumHandle.sync();
      } finally {
        await sumHandle.close();
      }
      await rename(draft, path.join(directory, name));
      await rename(sum, path.join(directory, `${name}.sha256`));
      await syncDirectory(directory);
    },
    discard: async () => {
      await closeOnce();
      await rm(draft, { force: true });
    },
  };
};

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
