import fc from "fast-check";
import { expect, test } from "vitest";
import {
  frontierSubtrees,
  type HashSource,
  proveConsistency,
  proveInclusion,
  withSubtrees,
} from "./merkle-proofs.ts";
import { leafHash } from "./merkle-tree.ts";
import { sealSegment } from "./seal.ts";
import { zeroHash } from "./sha256.ts";
import { naiveConsistency, naiveInclusion } from "./testing/naive-tree.ts";
import { headAt, sampleLog } from "./testing/sample-log.ts";

const log = sampleLog(120);
const leaves = log.entries.map(({ hash }) => leafHash(hash));

test("a seal says from where to where, between which hashes, and where the log goes on", async () => {
  const sealed = await sealSegment(log.entries.slice(5, 12), headAt(log, 5));
  expect(sealed).toMatchObject({
    fromSeq: 6,
    toSeq: 12,
    prevHash: log.entries[4]?.hash,
    lastHash: log.entries[11]?.hash,
    before: headAt(log, 5),
    after: headAt(log, 12),
  });
  expect(sealed.subtrees.map(({ from, to }) => [from, to])).toEqual([
    [5, 6],
    [6, 8],
    [8, 12],
  ]);
});

test("with the leaves of several sealed segments gone, every proof about the rest is as before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 59 }), fc.integer({ min: 60, max: 119 }), async (a, b) => {
      const first = await sealSegment(log.entries.slice(0, a));
      const second = await sealSegment(log.entries.slice(a, b), first.after);
      const rest: HashSource = {
        readLeaves: async (from, to) => (from < b ? undefined : leaves.slice(from, to)),
      };
      const source = withSubtrees(rest, [...first.subtrees, ...second.subtrees]);
      expect(await proveInclusion(source, b, 120)).toEqual(naiveInclusion(b, leaves));
      expect(await proveInclusion(source, 119, 120)).toEqual(naiveInclusion(119, leaves));
      for (const old of [b, 119]) {
        expect(await proveConsistency(source, old, 120)).toEqual(naiveConsistency(old, leaves));
      }
    }),
    { numRuns: 60 },
  );
});

test("the seal of a log from its first entry has the subtrees of its frontier", async () => {
  const sealed = await sealSegment(log.entries.slice(0, 100));
  expect(sealed.subtrees).toEqual(frontierSubtrees({ size: 100, hashes: sealed.after.frontier }));
});

test.each([
  ["a gap", log.entries.slice(0, 9).toSpliced(4, 1)],
  [
    "an entry that is not what was written",
    log.entries.slice(0, 9).map((row) => ({ ...row, hash: zeroHash })),
  ],
  ["another beginning", log.entries.slice(3, 9)],
])("a segment with %s is not sealed", async (_what, rows) => {
  await expect(sealSegment(rows)).rejects.toMatchObject({ code: "log_corrupt" });
});

test("nothing is no segment", async () => {
  await expect(sealSegment([])).rejects.toMatchObject({ code: "invalid_argument" });
});
