import { join } from "node:path";
import { type KeySet, makePrivateDirectory, parseKeySet } from "@cmdop/authority";
import { z } from "zod";
import { type FleetSnapshot, fleetSnapshotSchema, internalLimits, withdrawnKeysSchema } from "./contract.ts";
import { type FenceEntry, RevocationFence } from "./revocation-fence.ts";
import { readStateFile, writeStateFile } from "./state-file.ts";

// What an edge keeps on disk of what the control plane told it, so that one that restarts inside an outage works.
//
// S1 A copy is whole or is not used. One that is damaged is named, and the edge starts without it.
// S2 Without a key set no token of the control plane is verified; without revocations none that is verified offline
//    is taken until the feed has caught up; without the fleets every fleet is `strict`.
// S3 Revocations and the cursor are one copy: what is older than the copy is asked for again.
// S4 A signing key that was once said to be withdrawn is never used again, whatever a key set says later, and the copy
//    of the key set says so too.

const revocationsSchema = z.object({
  cursor: z.int().min(0),
  floor: z.int().min(0),
  entries: z.array(z.tuple([z.string(), z.int(), z.int()])),
  /** Absent: written by a version that kept no answers. */
  epoch: z.int().min(0).default(0),
});
/** `withdrawn` is absent in what an older version wrote. */
const keySetSchema = z.object({ text: z.string(), withdrawn: z.array(z.string()).default([]) });
const identitySchema = z.object({ edge: z.string().regex(/^edg_[0-9A-Za-z]{22}$/) });

/** `answers` are copies of their own (answer-copies.ts). */
export type StatePart = "identity" | "keySet" | "fleets" | "revocations" | "answers";

const files: Record<StatePart, string> = {
  identity: "identity.json",
  keySet: "keyset.json",
  fleets: "fleets.json",
  revocations: "revocations.json",
  answers: "answers.jsonl",
};

export interface EdgeStateEvents {
  corrupt(part: StatePart): void;
  unwritable(part: StatePart, cause: unknown): void;
}

/** Copies in memory, the disk behind them. */
export class EdgeState {
  readonly edgeId: string;
  readonly fence: RevocationFence;
  /** Without the withdrawn ones. */
  keySet: KeySet | undefined;
  fleets: FleetSnapshot | undefined;
  /** Of the copy that was read; undefined: there was none. */
  readonly cursor: number | undefined;
  /** Counts how often revocations were missed: answers of another epoch are not trusted. */
  epoch: number;
  readonly #dir: string;
  readonly #events: EdgeStateEvents;
  #keySetText: string;
  /** The oldest first. */
  #withdrawnKeys: ReadonlySet<string> = new Set();
  readonly #writing = new Map<StatePart, Promise<void>>();
  readonly #due = new Map<StatePart, () => unknown>();

  constructor(dir: string, events: EdgeStateEvents, read: ReadState) {
    this.#dir = dir;
    this.#events = events;
    this.edgeId = read.edgeId;
    this.#keySetText = read.keySet?.text ?? "";
    this.keySet = read.keySet?.keys;
    this.#withdraw(read.keySet?.withdrawn ?? []);
    this.fleets = read.fleets;
    this.cursor = read.revocations?.cursor;
    this.epoch = read.revocations?.epoch ?? 0;
    this.fence = new RevocationFence();
    if (read.revocations) this.fence.restore(read.revocations.entries, read.revocations.floor);
  }

  /** Takes a JWKS that is valid; throws for one that is not, and keeps the old one. */
  saveKeySet(text: string): void {
    const keys = parseKeySet(text);
    const { withdrawn } = withdrawnKeysSchema.parse(JSON.parse(text));
    this.#keySetText = text;
    this.keySet = keys;
    // The newest come first there.
    this.#withdraw(withdrawn.toReversed());
    this.#saveKeySet();
  }

  /** Those of the names that are keys in use are it no more. False: none is. */
  withdrawKeys(names: readonly string[]): boolean {
    const used = names.filter((name) => this.keySet?.has(name));
    if (used.length === 0) return false;
    this.#withdraw(used);
    this.#saveKeySet();
    return true;
  }

  isKeyWithdrawn(name: string): boolean {
    return this.#withdrawnKeys.has(name);
  }

  #withdraw(names: readonly string[]): void {
    const all = [...new Set([...this.#withdrawnKeys, ...names])];
    this.#withdrawnKeys = new Set(all.slice(-internalLimits.withdrawnKeysMax));
    const kept = Array.from(this.keySet ?? []).filter(([name]) => !this.#withdrawnKeys.has(name));
    if (this.keySet) this.keySet = new Map(kept);
  }

  #saveKeySet(): void {
    this.#save("keySet", () => ({ text: this.#keySetText, withdrawn: [...this.#withdrawnKeys] }));
  }

  saveFleets(fleets: FleetSnapshot): void {
    this.fleets = fleets;
    this.#save("fleets", () => fleets);
  }

  /** Called after each change; the newest state is written, never two at once. */
  saveRevocations(cursor: number, wallMs: number): void {
    this.fence.prune(wallMs - internalLimits.revocationsKeptMs);
    this.#save("revocations", () => ({
      cursor,
      floor: this.fence.floor,
      epoch: this.epoch,
      entries: this.fence.entries().map(({ subject, seq, atMs }) => [subject, seq, atMs]),
    }));
  }

  get answersFile(): string {
    return join(this.#dir, files.answers);
  }

  /** Resolves when everything saved so far is on disk, or was reported as unwritable. */
  async flush(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing.values());
  }

  #save(part: StatePart, value: () => unknown): void {
    this.#due.set(part, value);
    if (!this.#writing.has(part))
      this.#writing.set(
        part,
        this.#write(part).finally(() => this.#writing.delete(part)),
      );
  }

  async #write(part: StatePart): Promise<void> {
    for (let value = this.#due.get(part); value; value = this.#due.get(part)) {
      this.#due.delete(part);
      try {
        await writeStateFile(join(this.#dir, files[part]), value());
      } catch (cause) {
        this.#events.unwritable(part, cause);
      }
    }
  }
}

interface ReadState {
  readonly edgeId: string;
  readonly keySet:
    | { readonly text: string; readonly keys: KeySet; readonly withdrawn: readonly string[] }
    | undefined;
  readonly fleets: FleetSnapshot | undefined;
  readonly revocations:
    | {
        readonly cursor: number;
        readonly floor: number;
        readonly epoch: number;
        readonly entries: readonly FenceEntry[];
      }
    | undefined;
}

export const openEdgeState = async (
  dir: string,
  newEdgeId: () => string,
  events: EdgeStateEvents,
): Promise<EdgeState> => {
  await makePrivateDirectory(dir);
  const read = async <Schema extends z.ZodType>(
    part: StatePart,
    schema: Schema,
  ): Promise<z.infer<Schema> | undefined> => {
    const found = await readStateFile(join(dir, files[part]), schema);
    if (found.kind === "corrupt") events.corrupt(part);
    return found.kind === "value" ? found.value : undefined;
  };
  const identity = await read("identity", identitySchema);
  const keySet = await read("keySet", keySetSchema);
  const keys = keySet && parseCopy(keySet.text, () => events.corrupt("keySet"));
  const revocations = await read("revocations", revocationsSchema);
  const edgeId = identity?.edge ?? newEdgeId();
  if (!identity) await writeStateFile(join(dir, files.identity), { edge: edgeId });
  return new EdgeState(dir, events, {
    edgeId,
    keySet: keySet && keys && { ...keySet, keys },
    fleets: await read("fleets", fleetSnapshotSchema),
    revocations: revocations && {
      ...revocations,
      entries: revocations.entries.map(([subject, seq, atMs]) => ({ subject, seq, atMs })),
    },
  });
};

const parseCopy = (text: string, corrupt: () => void): KeySet | undefined => {
  try {
    return parseKeySet(text);
  } catch {
    corrupt();
    return undefined;
  }
};
