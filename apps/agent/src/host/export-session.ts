import { Failure, isSessionId } from "@cmdop/base";
import { exportAsciicast } from "../output-log/asciicast.ts";
import { diskFiles } from "../output-log/log-files.ts";
import { readLog, readTail } from "../output-log/log-reader.ts";
import { logSalt } from "../output-log/records.ts";
import { listSegments } from "../output-log/segments.ts";
import type { SessionStore } from "./session-store.ts";

/** The session with this id, or the one with this name. */
export const findStored = (store: SessionStore, word: string): string => {
  if (isSessionId(word)) return word;
  const [found, ...others] = store.list().filter(({ name }) => name !== "" && name === word);
  if (!found) throw new Failure("session_not_found", "This machine holds no such session.");
  if (others.length > 0) {
    const ids = [found, ...others].map(({ id }) => id).join(", ");
    throw new Failure("ambiguous_name", `Several sessions here have this name: ${ids}.`);
  }
  return found.id;
};

/** A session's log as the lines of an asciicast v3 file; also of a live one, up to what is on disk now. */
export const exportSession = (store: SessionStore, id: string): Iterable<string> => {
  const meta = store.find(id);
  if (!meta) throw new Failure("session_not_found", "This machine holds no such session.");
  const segments = listSegments(store.logDirectory(id), diskFiles);
  const salt = logSalt(id);
  const end = meta.exit?.finalOffset ?? readTail({ segments, salt, files: diskFiles }).end;
  // What has moved on is no part of the recording.
  const from = segments[0]?.startOffset ?? end;
  return exportAsciicast(readLog({ segments, salt, files: diskFiles, end }, { from, to: end }), meta);
};
