// node apps/agent/src/export-main.ts SESSION > recording.cast
// A session of this machine as an asciicast v3 recording, from its log on disk; no host has to run.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure, toFailure } from "@cmdop/base";
import { exportSession, findStored } from "./host/export-session.ts";
import { openSessionStore } from "./host/session-store.ts";

const [word = ""] = process.argv.slice(2);
try {
  const directory = join(resolve(process.env.CMDOP_HOME ?? ".cmdop"), "agent", "sessions");
  // A reader makes no home.
  if (!existsSync(directory)) throw new Failure("session_not_found", "No session has run on this machine.");
  const store = openSessionStore(directory);
  await pipeline(Readable.from(exportSession(store, findStored(store, word))), process.stdout, {
    end: false,
  });
} catch (error) {
  // Whoever read it has gone (`| head`).
  const isUnread = error instanceof Error && "code" in error && error.code === "EPIPE";
  const { message, row } = toFailure(error);
  if (!isUnread) process.stderr.write(`cmdop: cannot export the session\n  ${message}\n  ${row.remedy}\n`);
  process.exitCode = isUnread ? 141 : 1;
}
