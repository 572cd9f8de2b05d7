import { createPrivateKey } from "node:crypto";
import { closeSync, globSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { isAsPlaced } from "./prepared-database.ts";
import { SecretSearch } from "./secret-search.ts";

/** What the files below a directory hold that are secret by their names: tokens, and keys in PEM or base64url. */
export const noteSecretFiles = (search: SecretSearch, directory: string): void => {
  for (const file of globSync("**/*.{token,key}", { cwd: directory })) {
    const text = readFileSync(path.join(directory, file), "utf8").trim();
    if (text.startsWith("-----BEGIN")) {
      const { d } = createPrivateKey(text).export({ format: "jwk" });
      search.note(file, Buffer.from(String(d), "base64url"));
    } else {
      for (const line of text.split("\n"))
        search.note(file, file.endsWith(".key") ? Buffer.from(line, "base64url") : line);
    }
  }
};

/** Where the processes of a home write what may hold no secret: logs, the database's own files, copies and outboxes. */
const written = ["logs/*", "control/data/**", "{relay,router}/edge/**", "agent/status.json"];

const pieceBytesDefault = 64 * 1024 * 1024;
/** Longer than any secret: one that lies across two pieces is whole in the second. */
const overlapBytes = 4 * 1024;

/** A text of its bytes after another: a database's log may be longer than a text can be. */
export function* piecesOf(file: string, pieceBytes = pieceBytesDefault): Generator<string> {
  const fd = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(Math.min(pieceBytes, statSync(file).size));
    for (let at = 0; ; at += buffer.length - overlapBytes) {
      const bytes = readSync(fd, buffer, 0, buffer.length, at);
      yield buffer.toString("latin1", 0, bytes);
      if (bytes < pieceBytes) return;
    }
  } finally {
    closeSync(fd);
  }
}

/** Fails when something that is secret in a home stands where it may not. To be called when its processes have ended. */
export const assertNoSecretAstray = (home: string): void => {
  const search = new SecretSearch();
  noteSecretFiles(search, home);
  const found: string[] = [];
  for (const file of globSync(written, { cwd: home })) {
    const whole = path.join(home, file);
    if (!statSync(whole).isFile() || isAsPlaced(path.join(home, "control"), whole)) continue;
    for (const piece of piecesOf(whole)) found.push(...search.findIn(file, piece));
  }
  if (found.length > 0) throw new Error(`secrets where none may be:\n${found.join("\n")}`);
};
