import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { type AppendedEntry, type AuditHead, appendEntry, emptyHead } from "../chain.ts";
import type { CheckpointTrust } from "../checkpoint.ts";
import type { AuditEntryDraft } from "../entry.ts";
import type { HashSource } from "../merkle-proofs.ts";
import { leafHash } from "../merkle-tree.ts";
import { createNoteVerifier, type NoteSigner } from "../signed-note.ts";

/** An Ed25519 key that is the same in every run (RFC 8410's PKCS #8 around 32 bytes of a hash). */
export const keyOf = (name: string): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([
      Buffer.from("302e020100300506032b657004220420", "hex"),
      createHash("sha256").update(name).digest(),
    ]),
    format: "der",
    type: "pkcs8",
  });

export const signer: NoteSigner = { name: "cmdop.example.com/audit", privateKey: keyOf("log") };

export const trust: CheckpointTrust = {
  origin: signer.name,
  keys: [createNoteVerifier(signer.name, signer.privateKey)],
};

export const draftOf = (n: number, mark = ""): AuditEntryDraft => ({
  at: new Date(1_800_000_000_000 + n * 1000).toISOString(),
  actor: { kind: "account", id: `acc_${n % 7}`, fingerprint: "0123456789abcdef", name: "Ada Überall" },
  action: n % 3 === 0 ? "session.open" : "key.revoke",
  target: { kind: "session", id: `ses_${n}` },
  fleet: "main",
  outcome: n % 5 === 0 ? "denied" : "allowed",
  requestId: `req_${n}${mark}`,
  ip: "127.0.0.1",
  client: "cmdop/0.1.0",
  reason: n % 5 === 0 ? "No right session:open." : undefined,
  body: { geometry: { columns: 80, rows: 24 }, machine: "web-1", note: "two\nlines" },
});

export interface SampleLog {
  readonly entries: readonly AppendedEntry[];
  readonly head: AuditHead;
  readonly source: HashSource;
}

/** A log of `size` entries. With a `mark`, entries after `markAfter` differ from those of another log. */
export const sampleLog = (size: number, mark = "", markAfter = 0): SampleLog => {
  let head: AuditHead = emptyHead;
  const entries: AppendedEntry[] = [];
  for (let n = 1; n <= size; n += 1) {
    const appended = appendEntry(head, draftOf(n, n > markAfter ? mark : ""));
    entries.push(appended);
    head = appended.head;
  }
  const leaves = entries.map(({ hash }) => leafHash(hash));
  return { entries, head, source: { readLeaves: async (from, to) => leaves.slice(from, to) } };
};

/** The head when the log had that many entries. */
export const headAt = (log: SampleLog, size: number): AuditHead => log.entries[size - 1]?.head ?? emptyHead;
