import { expect, test } from "vitest";
import { signCheckpoint } from "./checkpoint.ts";
import { proveConsistency, proveInclusion } from "./merkle-proofs.ts";
import { createNoteVerifier } from "./signed-note.ts";
import { headAt, keyOf, sampleLog, signer, trust } from "./testing/sample-log.ts";
import { type AuditProof, parseProof, verifyConsistencyProof, verifyEntryProof } from "./verify-proof.ts";

const log = sampleLog(40);
const stranger = {
  origin: signer.name,
  keys: [createNoteVerifier(signer.name, keyOf("another"))],
};
const noteAt = (size: number, of = log): string => signCheckpoint(headAt(of, size), signer);

const entryFile = async (seq: number, size: number) => {
  const appended = log.entries[seq - 1];
  return {
    entry: { ...appended?.entry, hash: appended?.hash },
    previousHash: log.entries[seq - 2]?.hash ?? "0".repeat(64),
    size,
    proof: await proveInclusion(log.source, seq - 1, size),
    checkpoint: noteAt(size),
  };
};

const parsed = <Kind extends AuditProof["kind"]>(kind: Kind, file: object) => {
  const proof = parseProof(JSON.stringify(file));
  if (proof?.kind !== kind) throw new Error(`a proof of the kind ${kind} is expected`);
  return proof as Extract<AuditProof, { readonly kind: Kind }>;
};

test.each([
  [1, 1],
  [1, 40],
  [17, 33],
  [40, 40],
])("entry %d is proved to be in the log of %d that was signed", async (seq, size) => {
  const proof = parsed("entry", await entryFile(seq, size));
  expect(verifyEntryProof(proof, trust)).toEqual({ verdict: "intact", problems: [], kind: "entry", size });
  expect(verifyEntryProof(proof)).toMatchObject({ verdict: "unproved", problems: [] });
});

test("whatever is changed in the proof of an entry is found, and named", async () => {
  const file = await entryFile(17, 40);
  const other = await entryFile(18, 40);
  const found = (changed: object, by = trust) =>
    verifyEntryProof(parsed("entry", { ...file, ...changed }), by).problems.map(({ kind }) => kind);
  expect(found({})).toEqual([]);
  expect(found({ entry: { ...file.entry, outcome: "denied" } })).toEqual(["entry_altered"]);
  expect(found({ entry: { ...file.entry, hash: other.entry.hash } })).toEqual(["entry_altered", "rewritten"]);
  expect(found({ previousHash: other.previousHash })).toEqual(["entry_altered"]);
  // Whole in itself, at another place.
  expect(found({ proof: other.proof })).toEqual(["rewritten"]);
  expect(found({ proof: file.proof.slice(1) })).toEqual(["rewritten"]);
  expect(found({ checkpoint: noteAt(39) })).toEqual(["rewritten"]);
  expect(found({ checkpoint: noteAt(10) })).toEqual(["rewritten"]);
  expect(found({ checkpoint: "torn" })).toEqual(["bad_signature"]);
  expect(found({}, stranger)).toEqual(["bad_signature"]);
});

test("the log is proved to continue what was kept, and every break of it is found", async () => {
  const fork = sampleLog(40, "x", 20);
  const since = async (from: number, size: number, of = log) =>
    parsed("consistency", {
      proof: from > size ? [] : await proveConsistency(of.source, from, size),
      checkpoint: noteAt(size, of),
    });
  const found = async (from: number, size: number, of = log, by = trust) =>
    verifyConsistencyProof(await since(from, size, of), noteAt(from), by).problems.map(({ kind }) => kind);
  expect(verifyConsistencyProof(await since(13, 40), noteAt(13), trust)).toEqual({
    ...{ verdict: "intact", problems: [], kind: "consistency", size: 40 },
  });
  expect(verifyConsistencyProof(await since(13, 40), noteAt(13))).toMatchObject({ verdict: "unproved" });
  expect([await found(1, 40), await found(32, 33), await found(40, 40)]).toEqual([[], [], []]);
  // Before the fork both are the same log.
  expect(await found(20, 40, fork)).toEqual([]);
  expect(await found(21, 40, fork)).toEqual(["forked"]);
  expect(await found(40, 40, fork)).toEqual(["forked"]);
  expect(await found(40, 30)).toEqual(["rolled_back"]);
  expect(await found(13, 40, log, stranger)).toEqual(["bad_signature", "bad_signature"]);
  const torn = await since(13, 40);
  expect(
    verifyConsistencyProof({ ...torn, proof: torn.proof.slice(1) }, noteAt(13), trust).problems,
  ).toMatchObject([{ kind: "forked" }]);
});

test.each([
  "",
  "[]",
  "null",
  '{"proof":[],"checkpoint":7}',
  '{"proof":["ff"],"checkpoint":"x"}',
  '{"proof":[],"checkpoint":"x","entry":{"seq":1},"previousHash":""}',
  '{"proof":[],"checkpoint":"x","entry":[],"previousHash":""}',
])("%j is no proof", (text) => {
  expect(parseProof(text)).toBeUndefined();
});
