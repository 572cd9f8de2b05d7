// A witness outside the database: it remembers the newest checkpoint that it accepted, and accepts another one
// only when that one provably continues it. So a cut tail, a rewritten past and an old backup put back are seen by
// somebody whom the log's keeper does not keep. It does no I/O; the edge stores `WitnessState` on its disk.
// I1 The remembered size never falls.
// I2 What is remembered was signed by the log's key, and was proved to continue what was remembered before.
import { Failure } from "@cmdop/base";
import { type Checkpoint, type CheckpointTrust, checkCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { verifyConsistency } from "./merkle-proofs.ts";
import { emptyRoot } from "./merkle-tree.ts";
import type { Hash } from "./sha256.ts";

/** What a witness remembers: the newest checkpoint as it was signed. Plain JSON. */
export interface WitnessState {
  readonly checkpoint: string;
}

/** What the log offers: its newest checkpoint, and the proof from the size that the witness remembers. */
export interface CheckpointOffer {
  readonly checkpoint: string;
  /** `proveConsistency(remembered size, offered size)`; for a smaller one, from it to the remembered size. */
  readonly proof: readonly Hash[];
}

export type WitnessRefusal =
  /** Not a checkpoint of this log with a signature of its key. */
  | "bad_signature"
  /** Smaller than what is remembered: entries are gone, as when an old backup was put back. */
  | "rolled_back"
  /** Not a continuation of what is remembered: the past was rewritten. */
  | "forked"
  /** Smaller, and proved to be the beginning of what is remembered: an old message that came late. */
  | "stale";

export type WitnessResult =
  /** Remember `state` (on disk first), then act on it. */
  | { readonly kind: "accepted"; readonly state: WitnessState; readonly checkpoint: Checkpoint }
  | { readonly kind: "unchanged"; readonly checkpoint: Checkpoint }
  | {
      readonly kind: "refused";
      readonly reason: WitnessRefusal;
      readonly text: string;
      readonly remembered: Checkpoint | undefined;
      readonly offered: Checkpoint | undefined;
    };

const texts: Readonly<Record<WitnessRefusal, string>> = {
  bad_signature: "The checkpoint is not one of this log, signed by its key.",
  rolled_back: "The log is smaller than it was: entries were cut off, or an older state was put back.",
  forked: "The log is not a continuation of what it was: its past was rewritten.",
  stale: "The checkpoint is older than the one that is remembered.",
};

/** The size to ask a proof from; 0 for a witness that has seen nothing. */
export const witnessSize = (state: WitnessState | undefined): number =>
  state === undefined ? 0 : parseCheckpoint(state.checkpoint).size;

/**
 * One step of a witness. The first checkpoint is taken on the word of the log's key alone; from then on a proof is
 * needed as well.
 */
export const offerCheckpoint = (
  state: WitnessState | undefined,
  offer: CheckpointOffer,
  trust: CheckpointTrust,
): WitnessResult => {
  const remembered = state === undefined ? undefined : parseCheckpoint(state.checkpoint);
  const checked = checkCheckpoint(offer.checkpoint, trust);
  const offered = checked.kind === "valid" ? checked.checkpoint : undefined;
  const refuse = (reason: WitnessRefusal): WitnessResult => ({
    kind: "refused",
    reason,
    text: texts[reason],
    remembered,
    offered,
  });
  const accept = (checkpoint: Checkpoint): WitnessResult => ({
    kind: "accepted",
    state: { checkpoint: offer.checkpoint },
    checkpoint,
  });

  if (offered === undefined) return refuse("bad_signature");
  if (remembered === undefined) {
    return offered.size === 0 && offered.root !== emptyRoot ? refuse("forked") : accept(offered);
  }
  const continues = (older: Checkpoint, newer: Checkpoint): boolean =>
    verifyConsistency({
      oldSize: older.size,
      oldRoot: older.root,
      newSize: newer.size,
      newRoot: newer.root,
      proof: offer.proof,
    });
  if (offered.size < remembered.size) {
    return refuse(offered.size > 0 && continues(offered, remembered) ? "stale" : "rolled_back");
  }
  if (offered.size === remembered.size) {
    return offered.root === remembered.root ? { kind: "unchanged", checkpoint: offered } : refuse("forked");
  }
  return continues(remembered, offered) ? accept(offered) : refuse("forked");
};

export const formatWitnessState = (state: WitnessState): string => `${JSON.stringify(state)}\n`;

/**
 * What an edge finds on its disk. The signature is checked again, so that a damaged or foreign file is refused
 * (`Failure("invalid_argument")`) and never taken for "has seen nothing".
 */
export const parseWitnessState = (text: string, trust: CheckpointTrust): WitnessState => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid_argument", "The witness's memory cannot be read.", { cause });
  }
  const checkpoint = (value as { checkpoint?: unknown } | null)?.checkpoint;
  const checked = typeof checkpoint === "string" ? checkCheckpoint(checkpoint, trust) : undefined;
  if (typeof checkpoint !== "string" || checked?.kind !== "valid") {
    throw new Failure("invalid_argument", "The witness's memory is not a checkpoint of this log.");
  }
  return { checkpoint };
};
