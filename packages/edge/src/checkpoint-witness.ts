// The edge as a witness of the audit log: it asks for the newest checkpoint with a proof from the one it remembers,
// and remembers on its disk what it accepted. It stops nothing: it says loudly that the log is not what it was.
//
// W1 What is remembered never becomes smaller and never another log; only the file's removal makes it forget.
// W2 A memory that cannot be read is not "has seen nothing": nothing is accepted until the file is removed.
import { readFile } from "node:fs/promises";
import {
  type CheckpointTrust,
  offerCheckpoint,
  parseVerifierKey,
  parseWitnessState,
  type WitnessRefusal,
  type WitnessState,
  witnessSize,
} from "@cmdop/audit";
import { writeSecretFile } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import type { LatestCheckpoint } from "./contract.ts";
import type { ControlClient } from "./control-client.ts";

/** `vanished`: nothing is signed any more though something was. `memory_corrupt`: the file cannot be read. */
export type WitnessAlarm = WitnessRefusal | "vanished" | "memory_corrupt";

export interface WitnessEvents {
  /** The log is not a continuation of what is remembered, at each look at which that is so. */
  refused(alarm: WitnessAlarm, sizes: { readonly remembered: number; readonly offered: number }): void;
  accepted(size: number): void;
  unwritable(cause: unknown): void;
}

export interface WitnessStats {
  /** Entries that the remembered checkpoint covers. */
  readonly size: number;
  /** Looks that ended with an alarm, since the start. */
  readonly refusals: number;
  /** Of the last look. */
  readonly alarm: WitnessAlarm | undefined;
}

export interface CheckpointWitness {
  readonly stats: WitnessStats;
  /** The checkpoint that is remembered, as it was signed. */
  readonly checkpoint: string | undefined;
  look(): Promise<void>;
}

interface Memory {
  readonly state: WitnessState;
  /** The log's key as it was first seen. */
  readonly verifierKey: string;
}

const memorySchema = z.object({ checkpoint: z.string(), verifierKey: z.string() });

const trustOf = (verifierKey: string): CheckpointTrust => {
  const key = parseVerifierKey(verifierKey);
  return { origin: key.name, keys: [key] };
};

const readMemory = async (file: string): Promise<Memory | undefined | "corrupt"> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? undefined : "corrupt";
  }
  try {
    const { verifierKey } = memorySchema.parse(JSON.parse(text));
    return { verifierKey, state: parseWitnessState(text, trustOf(verifierKey)) };
  } catch {
    return "corrupt";
  }
};

/** `file`: plain JSON, which the verifiers take as it is. */
export const openCheckpointWitness = async (options: {
  readonly client: Pick<ControlClient, "checkpoint">;
  readonly file: string;
  readonly events: WitnessEvents;
}): Promise<CheckpointWitness> => {
  const { client, file, events } = options;
  const found = await readMemory(file);
  let memory = found === "corrupt" ? undefined : found;
  let isCorrupt = found === "corrupt";
  let refusals = 0;
  let alarm: WitnessAlarm | undefined;

  const refuse = (why: WitnessAlarm, offered: number): void => {
    alarm = why;
    refusals += 1;
    events.refused(why, { remembered: witnessSize(memory?.state), offered });
  };

  const take = async ({ checkpoint, proof, verifierKey }: LatestCheckpoint): Promise<void> => {
    const key = memory?.verifierKey ?? verifierKey;
    const offer = { checkpoint, proof: proof.map((hash) => Buffer.from(hash, "base64").toString("hex")) };
    const result = offerCheckpoint(memory?.state, offer, trustOf(key));
    if (result.kind === "refused") {
      refuse(result.reason, result.offered?.size ?? 0);
      return;
    }
    alarm = undefined;
    if (result.kind === "unchanged") return;
    const next: Memory = { state: result.state, verifierKey: key };
    try {
      await writeSecretFile(file, `${JSON.stringify({ ...next.state, verifierKey: key })}\n`);
    } catch (cause) {
      events.unwritable(cause);
    }
    // Also when the disk would not take it: until the next start it is remembered all the same.
    memory = next;
    events.accepted(result.checkpoint.size);
  };

  return {
    get stats() {
      return { size: witnessSize(memory?.state), refusals, alarm };
    },
    get checkpoint() {
      return memory?.state.checkpoint;
    },
    look: async () => {
      if (isCorrupt) {
        const again = await readMemory(file);
        if (again === "corrupt") {
          refuse("memory_corrupt", 0);
          return;
        }
        isCorrupt = false;
        memory = again;
      }
      const latest = await client.checkpoint(memory && witnessSize(memory.state));
      if (latest === undefined) {
        if (memory) refuse("vanished", 0);
        return;
      }
      try {
        await take(latest);
      } catch (cause) {
        // A key or a note that cannot even be read.
        if (!(cause instanceof Failure)) throw cause;
        refuse("bad_signature", 0);
      }
    },
  };
};
