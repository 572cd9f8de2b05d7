import { expect, test } from "vitest";
import { signCheckpoint } from "./checkpoint.ts";
import { proveConsistency } from "./merkle-proofs.ts";
import { zeroHash } from "./sha256.ts";
import { headAt, keyOf, type SampleLog, sampleLog, signer, trust } from "./testing/sample-log.ts";
import {
  type CheckpointOffer,
  formatWitnessState,
  offerCheckpoint,
  parseWitnessState,
  type WitnessState,
  witnessSize,
} from "./witness.ts";

const log = sampleLog(40);

const offerOf = async (from: SampleLog, size: number, remembered: number): Promise<CheckpointOffer> => ({
  checkpoint: signCheckpoint(headAt(from, size), signer),
  proof: size >= remembered ? await proveConsistency(from.source, remembered, size) : [],
});

const seen = (size: number): WitnessState => ({ checkpoint: signCheckpoint(headAt(log, size), signer) });

test("a witness follows a log that grows, across restarts of its own", async () => {
  let state: WitnessState | undefined;
  for (const size of [1, 2, 7, 8, 23, 40]) {
    const result = offerCheckpoint(state, await offerOf(log, size, witnessSize(state)), trust);
    expect(result).toMatchObject({ kind: "accepted", checkpoint: { size } });
    const accepted = (result as { state: WitnessState }).state;
    state = parseWitnessState(formatWitnessState(accepted), trust);
  }
  expect(witnessSize(state)).toBe(40);
});

test("the same checkpoint again changes nothing", async () => {
  expect(offerCheckpoint(seen(23), await offerOf(log, 23, 23), trust)).toMatchObject({ kind: "unchanged" });
});

test("a log whose tail was cut, or that is an older backup, is rolled back", async () => {
  expect(offerCheckpoint(seen(23), await offerOf(log, 22, 23), trust)).toMatchObject({
    kind: "refused",
    reason: "rolled_back",
    remembered: { size: 23 },
    offered: { size: 22 },
  });
  expect(offerCheckpoint(seen(23), await offerOf(log, 0, 23), trust)).toMatchObject({
    reason: "rolled_back",
  });
});

test("an older backup that was written on, past the remembered size, is forked", async () => {
  const restored = sampleLog(30, "-again", 20);
  expect(offerCheckpoint(seen(23), await offerOf(restored, 30, 23), trust)).toMatchObject({
    reason: "forked",
  });
});

test("a rewritten entry at the same size is forked", async () => {
  const rewritten = sampleLog(23, "-other", 22);
  expect(offerCheckpoint(seen(23), await offerOf(rewritten, 23, 23), trust)).toMatchObject({
    reason: "forked",
  });
});

test("a larger log without a valid proof is forked", async () => {
  const offer = await offerOf(log, 40, 23);
  for (const proof of [[], [zeroHash], offer.proof.slice(1), offer.proof.with(0, zeroHash)]) {
    expect(offerCheckpoint(seen(23), { ...offer, proof }, trust)).toMatchObject({ reason: "forked" });
  }
});

test("a smaller checkpoint that is proved to be the beginning of the remembered one is stale", async () => {
  const offer = { ...(await offerOf(log, 10, 10)), proof: await proveConsistency(log.source, 10, 23) };
  expect(offerCheckpoint(seen(23), offer, trust)).toMatchObject({ kind: "refused", reason: "stale" });
  const other = sampleLog(10, "-other", 9);
  const forged = { ...offer, checkpoint: signCheckpoint(other.head, signer) };
  expect(offerCheckpoint(seen(23), forged, trust)).toMatchObject({ reason: "rolled_back" });
});

test("a checkpoint of another key or another log has a bad signature, also as the first one", async () => {
  const thief = { ...signer, privateKey: keyOf("thief") };
  const proof = await proveConsistency(log.source, 23, 40);
  for (const state of [undefined, seen(23)]) {
    for (const by of [thief, { ...signer, name: "other/audit" }]) {
      const offer = { checkpoint: signCheckpoint(log.head, by), proof };
      expect(offerCheckpoint(state, offer, trust)).toMatchObject({
        kind: "refused",
        reason: "bad_signature",
      });
    }
    expect(offerCheckpoint(state, { checkpoint: "", proof }, trust)).toMatchObject({
      reason: "bad_signature",
    });
  }
});

test.each([
  ["half of it", formatWitnessState(seen(23)).slice(0, 30)],
  ["nothing", ""],
  ["no checkpoint", "{}"],
  ["null", "null"],
  ["another size", formatWitnessState({ checkpoint: seen(23).checkpoint.replace("\n23\n", "\n22\n") })],
])("a memory with %s is refused and not taken for an empty one", (_what, text) => {
  expect(() => parseWitnessState(text, trust)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});
