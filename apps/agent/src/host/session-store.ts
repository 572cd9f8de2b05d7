// Sessions on disk: <directory>/<session id>/{meta.json, screen, log/}. Everything is 0600 in directories 0700.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isSessionId } from "@cmdop/base";
import type { ScreenSnapshot } from "../screen/screens.ts";

export interface StoredExit {
  readonly code?: number;
  readonly signal: string;
  readonly finalOffset: number;
  readonly reason: number;
  readonly atMs: number;
}

/** What is known of a session without its log. */
export interface SessionMeta {
  readonly version: 1;
  readonly id: string;
  readonly kind: number;
  readonly name: string;
  readonly title: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly resizePolicy: number;
  readonly createdAtMs: number;
  readonly openedBy: string;
  readonly exit?: StoredExit;
}

export interface SessionStore {
  list(): SessionMeta[];
  find(id: string): SessionMeta | undefined;
  create(meta: SessionMeta): void;
  /** Replaces the file in one step; throws when the disk refuses. */
  save(meta: SessionMeta): void;
  logDirectory(id: string): string;
  saveScreen(id: string, snapshot: ScreenSnapshot): void;
  loadScreen(id: string): ScreenSnapshot | undefined;
  diskBytes(id: string): number;
  remove(id: string): void;
}

const privateDirectory = 0o700;

const replaceFile = (path: string, parts: readonly Uint8Array[]): void => {
  const next = `${path}.next`;
  const fd = openSync(next, "w", 0o600);
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length; ) at += writeSync(fd, part, at);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, path);
};

export const openSessionStore = (directory: string): SessionStore => {
  mkdirSync(directory, { recursive: true, mode: privateDirectory });
  const path = (id: string, ...names: string[]) => {
    // Ids come from the relay: nothing else may become a path.
    if (!isSessionId(id)) throw new RangeError("not a session id");
    return join(directory, id, ...names);
  };
  const save = (meta: SessionMeta) =>
    replaceFile(path(meta.id, "meta.json"), [Buffer.from(JSON.stringify(meta))]);
  return {
    list: () => readdirSync(directory).flatMap((name) => readMeta(directory, name) ?? []),
    find: (id) => readMeta(directory, id),
    create: (meta) => {
      mkdirSync(path(meta.id), { recursive: true, mode: privateDirectory });
      save(meta);
    },
    save,
    logDirectory: (id) => path(id, "log"),
    saveScreen: (id, { data, ...facts }) => {
      replaceFile(path(id, "screen"), [Buffer.from(`${JSON.stringify(facts)}\n`), data]);
    },
    loadScreen: (id) => readScreen(path(id, "screen")),
    diskBytes: (id) => directoryBytes(path(id)),
    remove: (id) => rmSync(path(id), { recursive: true, force: true }),
  };
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const readMeta = (directory: string, name: string): SessionMeta | undefined => {
  if (!isSessionId(name)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(join(directory, name, "meta.json"), "utf8"));
    return isMeta(value) && value.id === name ? value : undefined;
  } catch {
    return undefined;
  }
};

const isMeta = (value: unknown): value is SessionMeta =>
  isRecord(value) &&
  value.version === 1 &&
  ["id", "name", "title", "cwd", "openedBy"].every((key) => typeof value[key] === "string") &&
  ["kind", "cols", "rows", "resizePolicy", "createdAtMs"].every((key) => Number.isSafeInteger(value[key])) &&
  Array.isArray(value.argv) &&
  value.argv.every((argument) => typeof argument === "string") &&
  (value.exit === undefined || isStoredExit(value.exit));

const isStoredExit = (value: unknown): value is StoredExit =>
  isRecord(value) &&
  typeof value.signal === "string" &&
  ["finalOffset", "reason", "atMs"].every((key) => Number.isSafeInteger(value[key]));

const readScreen = (path: string): ScreenSnapshot | undefined => {
  try {
    const bytes = readFileSync(path);
    const end = bytes.indexOf(10);
    const facts: unknown = JSON.parse(bytes.toString("utf8", 0, end));
    if (!isRecord(facts)) return undefined;
    const { offset, cols, rows, unicodeVersion, title } = facts;
    if (![offset, cols, rows].every((value) => Number.isSafeInteger(value))) return undefined;
    if (typeof unicodeVersion !== "string" || typeof title !== "string") return undefined;
    return {
      offset: Number(offset),
      cols: Number(cols),
      rows: Number(rows),
      unicodeVersion,
      title,
      data: bytes.subarray(end + 1),
    };
  } catch {
    return undefined;
  }
};

const directoryBytes = (path: string): number => {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  } catch {
    return 0;
  }
};
