// Signs the head of the audit log: after a minute, or after a thousand entries, when there is something new.
//
// K1 The key signs a head only when it continues what the key signed before, proved over the entries themselves: a
//    past that was rewritten is never signed anew.
import {
  type AuditHead,
  type Checkpoint,
  checkCheckpoint,
  createNoteVerifier,
  formatVerifierKey,
  headRoot,
  type NoteSigner,
  proveConsistency,
  signCheckpoint,
  verifyConsistency,
} from "@cmdop/audit";
import { type Clock, Failure } from "@cmdop/base";
import { repeat } from "../repeat.ts";
import { auditHashes, storeSubtrees } from "../store/audit/audit-hashes.ts";
import { latestCheckpoint, readAuditHead, type StoredCheckpoint } from "../store/audit/checkpoints.ts";
import type { Reader } from "../store/schema.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";

export interface CheckpointKeeper {
  /** The log's public key, one line (C2SP signed-note). */
  readonly verifierKey: string;
  /** Signs what is there now, unless it is signed. `log_corrupt` when it is not what was signed before. */
  sign(): Promise<void>;
  /** Signs an older head once more, for a file that ends there. `log_corrupt` unless it is part of what was signed. */
  signPast(head: AuditHead): Promise<string>;
  close(): Promise<void>;
}

export interface CheckpointKeeperOptions {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly signer: NoteSigner;
  readonly failed: (cause: unknown) => void;
  readonly everyMs?: number;
}

const signEveryMs = 60_000;
const signEveryEntries = 1_000;
/** The head is looked at so often. */
const lookEveryMs = 5_000;
/** Of 1,024 entries each, in one transaction. */
const blocksPerStep = 16;

export const openCheckpointKeeper = (options: CheckpointKeeperOptions): CheckpointKeeper => {
  const { unitOfWork, clock, signer, failed, everyMs = signEveryMs } = options;
  const verifier = createNoteVerifier(signer.name, signer.privateKey);
  const trust = { origin: signer.name, keys: [verifier] };

  const signedBefore = (previous: StoredCheckpoint): Checkpoint => {
    const checked = checkCheckpoint(previous.note, trust);
    if (checked.kind !== "valid") {
      throw new Failure("log_corrupt", "The audit log's newest checkpoint is not signed by its key.");
    }
    return checked.checkpoint;
  };

  const assertContinues = async (db: Reader, previous: StoredCheckpoint, head: AuditHead): Promise<void> => {
    const { size: oldSize, root: oldRoot } = signedBefore(previous);
    const newSize = head.seq;
    const isContinued =
      oldSize <= newSize &&
      verifyConsistency({
        oldSize,
        oldRoot,
        newSize,
        newRoot: headRoot(head),
        proof: await proveConsistency(auditHashes(db), oldSize, newSize),
      });
    if (!isContinued) {
      throw new Failure(
        "log_corrupt",
        `The audit log of ${newSize} entries does not continue the ${oldSize} that were signed.`,
      );
    }
  };

  const signPast = (head: AuditHead): Promise<string> =>
    unitOfWork.read("all", async (db) => {
      const previous = await latestCheckpoint(db);
      const signed = previous && signedBefore(previous);
      const isPart =
        signed !== undefined &&
        head.seq <= signed.size &&
        verifyConsistency({
          oldSize: head.seq,
          oldRoot: headRoot(head),
          newSize: signed.size,
          newRoot: signed.root,
          proof: await proveConsistency(auditHashes(db), head.seq, signed.size),
        });
      if (!isPart) {
        throw new Failure(
          "log_corrupt",
          `The first ${head.seq} entries of the audit log are not those signed.`,
        );
      }
      return signCheckpoint(head, signer);
    });

  const pass = async (signal: AbortSignal, isAsked: boolean): Promise<void> => {
    const due = await unitOfWork.read("all", async (db) => {
      const head = await readAuditHead(db);
      const previous = await latestCheckpoint(db);
      const fresh = head.seq - (previous?.size ?? 0);
      if (fresh === 0) return undefined;
      const ageMs = previous === undefined ? Infinity : clock.wallMs() - previous.at.getTime();
      if (!isAsked && fresh < signEveryEntries && ageMs < everyMs) return undefined;
      if (previous) await assertContinues(db, previous, head);
      return head;
    });
    if (!due) return;
    const note = signCheckpoint(due, signer);
    await unitOfWork.record(
      { kind: "system", id: "checkpoints" },
      { requestId: "checkpoints" },
      async (tx) => {
        await tx.db
          .insertInto("audit_checkpoints")
          .values({ size: due.seq, at: tx.now, note })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        tx.publish("audit", String(due.seq));
      },
    );
    for (let isMore = true; isMore && !signal.aborted; ) {
      isMore = await unitOfWork.record(
        { kind: "system", id: "checkpoints" },
        { requestId: "checkpoints" },
        (tx) => storeSubtrees(tx, due.seq, blocksPerStep),
      );
    }
  };

  const repeated = repeat({ clock, firstMs: 0, everyMs: lookEveryMs, pass, failed });
  return {
    verifierKey: formatVerifierKey(verifier),
    sign: () => repeated.run(),
    signPast,
    close: () => repeated.close(),
  };
};
