import { appendFile, readFile } from "node:fs/promises";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import type { AnyGrant, MachineGrant } from "./claims.ts";
import { watchFile } from "./watched-file.ts";

// What was revoked: a file of lines {"revoked": …, "at"?: ISO time, "reason"?: text}, appended to.
//
// Invariants
// R1. A revocation that was read once holds until the process ends, whatever becomes of the file.
// R2. A line that cannot be read is reported, and the others are applied.
// R3. `jti` and `kid` are revoked for all time. A name or a machine is revoked for what was issued up to `at`, so
//     that a new token may be given to it afterwards; without `at`, for all time.

const lineSchema = z.object({
  revoked: z.string().min(1).max(256),
  at: z.iso.datetime({ offset: true }).optional(),
  reason: z.string().max(1024).optional(),
});

export interface Revocation {
  /** A token's `jti`, a key's `kid`, "sub:" and an operator's name, or a machine's id. */
  readonly target: string;
  /** Infinity when the line has no time. */
  readonly atMs: number;
}

export interface RevocationLines {
  readonly revocations: readonly Revocation[];
  /** Numbers of the lines that could not be read, from 1. */
  readonly malformed: readonly number[];
}

export const parseRevocations = (text: string): RevocationLines => {
  const revocations: Revocation[] = [];
  const malformed: number[] = [];
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    try {
      const { revoked, at } = lineSchema.parse(JSON.parse(line));
      revocations.push({
        target: revoked,
        atMs: at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at),
      });
    } catch {
      malformed.push(index + 1);
    }
  });
  return { revocations, malformed };
};

/**
 * Everything by which a grant can be revoked, for `isRevoked`. Opaque: who keeps a live stream keeps these in place of
 * the grant. What counts by time of issue carries that time (R3).
 */
export const revocationKeys = (grant: AnyGrant): readonly string[] => {
  const keys = [grant.id, grant.keyId];
  if (grant.kind === "session")
    for (const key of [grant.parentId, grant.parentKeyId]) if (key !== undefined) keys.push(key);
  const issuedBy = grant.kind === "machine" ? grant.machineId : `sub:${grant.operator}`;
  keys.push(`${issuedBy}${issueMark}${Math.floor(grant.issuedAtMs / 1000)}`);
  if (grant.fence) {
    const subjects =
      grant.kind === "machine" ? [...grant.fence.subjects, grant.machineId] : grant.fence.subjects;
    for (const subject of subjects) keys.push(`${subject}${fenceMark}${grant.fence.revSeq}`);
  }
  return keys;
};

/** What a control plane revokes beside a machine's id when the machine leaves its fleet: removed, or moved to another. */
export const machineLeft = (fleet: string, machineId: string): string => `left:${fleet}:${machineId}`;

/** For `hasLeft`, opaque as `revocationKeys`; undefined: no control plane stands behind the grant. */
export const leavingKey = (grant: MachineGrant): string | undefined =>
  grant.fence && `${machineLeft(grant.fleet, grant.machineId)}${fenceMark}${grant.fence.revSeq}`;

/** What a key of `revocationKeys` says to a control plane; undefined: it counts by time of issue. */
export const parseRevocationKey = (
  key: string,
): { readonly subject: string; readonly revSeq: number | undefined } | undefined => {
  const mark = key.indexOf(fenceMark);
  if (mark >= 0) return { subject: key.slice(0, mark), revSeq: Number(key.slice(mark + fenceMark.length)) };
  return key.includes(issueMark) ? undefined : { subject: key, revSeq: undefined };
};

/** Stands in no name and no id. */
const issueMark = "\0";
/** Before the number of a control plane's revocation; no time of issue begins so. */
const fenceMark = "\0#";

export class RevocationSet {
  readonly #byTarget = new Map<string, number>();

  get size(): number {
    return this.#byTarget.size;
  }

  /** True when it says more than was known. */
  add(revocation: Revocation): boolean {
    const known = this.#byTarget.get(revocation.target);
    if (known !== undefined && known >= revocation.atMs) return false;
    this.#byTarget.set(revocation.target, revocation.atMs);
    return true;
  }

  isRevoked(keys: readonly string[]): boolean {
    return keys.some((key) => {
      const mark = key.indexOf(issueMark);
      if (mark < 0) return this.#byTarget.has(key);
      const atMs = this.#byTarget.get(key.slice(0, mark));
      // Token times are whole seconds, rounded down: within the same second the revocation wins.
      return atMs !== undefined && Number(key.slice(mark + 1)) <= Math.floor(atMs / 1000);
    });
  }
}

export interface OpenedRevocations {
  isRevoked(keys: readonly string[]): boolean;
  close(): void;
}

export interface RevocationEvents {
  /** New revocations hold from now on. */
  revoked(count: number): void;
  malformed(line: number): void;
  /** The file is gone or cannot be read; what was revoked stays so. */
  unreadable(cause: unknown): void;
}

/** Reads the revocation file and follows it. Fails when there is none at the start: absent is not empty. */
export const openRevocations = async (path: string, events: RevocationEvents): Promise<OpenedRevocations> => {
  const set = new RevocationSet();
  const reported = new Set<string>();

  const apply = (text: string): void => {
    const { revocations, malformed } = parseRevocations(text);
    let added = 0;
    for (const revocation of revocations) if (set.add(revocation)) added += 1;
    if (added > 0) events.revoked(added);
    const lines = text.split("\n");
    for (const number of malformed) {
      // The last line may still be in the middle of being written.
      if (number === lines.length) continue;
      const key = `${number}:${lines[number - 1]}`;
      if (reported.has(key) || reported.size > 1000) continue;
      reported.add(key);
      events.malformed(number);
    }
  };

  try {
    apply(await readFile(path, "utf8"));
  } catch (cause) {
    throw new Failure(
      "not_configured",
      `There is no revocation file at ${path}: cmdop relay init makes an empty one.`,
      { cause },
    );
  }
  const stop = watchFile(path, async () => {
    try {
      apply(await readFile(path, "utf8"));
    } catch (cause) {
      events.unreadable(cause);
    }
  });
  return { isRevoked: (keys) => set.isRevoked(keys), close: stop };
};

/** Appends one revocation; a relay that follows the file applies it within a second. */
export const appendRevocation = async (
  path: string,
  revocation: { readonly target: string; readonly atMs: number; readonly reason?: string },
): Promise<void> => {
  const line = {
    revoked: revocation.target,
    at: new Date(revocation.atMs).toISOString(),
    ...(revocation.reason === undefined ? {} : { reason: revocation.reason }),
  };
  try {
    // A line break first: a line that a crash or an editor left unfinished must not swallow this one.
    await appendFile(path, `\n${JSON.stringify(line)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new Failure("directory_unwritable", `The file ${path} cannot be written.`, { cause });
  }
};
