// node apps/agent/src/export-main.ts SESSION > recording.cast
// A session of this machine as an asciicast v3 recording, from its log on disk; no host has to run.

import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure, isSessionId, toFailure } from "@cmdop/base";
import { exportSession } from "./host/export-session.ts";
import { openSessionStore } from "./host/session-store.ts";

const [id = ""] = process.argv.slice(2);
try {
  if (!isSessionId(id)) throw new Failure("invalid_argument", "Usage: export-main.ts SESSION (ses_...)");
  const home = resolve(process.env.CMDOP_HOME ?? ".cmdop");
  const store = openSessionStore(join(home, "agent", "sessions"));
  await pipeline(Readable.from(exportSession(store, id)), process.stdout, { end: false });
} catch (error) {
  process.stderr.write(`${toFailure(error).message}\n`);
  process.exitCode = 1;
}
