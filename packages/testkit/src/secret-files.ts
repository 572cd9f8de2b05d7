import { createPrivateKey } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
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

/** Fails when something that is secret in a home stands where it may not. To be called when its processes have ended. */
export const assertNoSecretAstray = (home: string): void => {
  const search = new SecretSearch();
  noteSecretFiles(search, home);
  const found = globSync(written, { cwd: home })
    .filter((file) => statSync(path.join(home, file)).isFile())
    .flatMap((file) => search.findIn(file, readFileSync(path.join(home, file), "latin1")));
  if (found.length > 0) throw new Error(`secrets where none may be:\n${found.join("\n")}`);
};
