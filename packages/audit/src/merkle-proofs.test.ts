import fc from "fast-check";
import { expect, test } from "vitest";
import {
  frontierSubtrees,
  type HashSource,
  leavesPerRead,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
  withSubtrees,
} from "./merkle-proofs.ts";
import { emptyRoot, leafHash, TreeBuilder } from "./merkle-tree.ts";
import { sha256, zeroHash } from "./sha256.ts";
import { ctLeaves, ctRoots, naiveConsistency, naiveInclusion, naiveRoot } from "./testing/naive-tree.ts";

const leavesOf = (size: number): string[] =>
  Array.from({ length: size }, (_, n) => leafHash(n.toString(16).padStart(64, "0")));

const sourceOf = (leaves: readonly string[], reads: [number, number][] = []): HashSource => ({
  readLeaves: async (from, to) => {
    reads.push([from, to]);
    return leaves.slice(from, to);
  },
});

// Published by certificate-transparency (merkle_tree_test: the consistency proofs over the eight leaves).
const ctConsistency: readonly (readonly [number, number, readonly string[]])[] = [
  [1, 1, []],
  [
    1,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    6,
    8,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [
    2,
    5,
    [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

test.each(ctConsistency)(
  "from %i to %i the consistency proof is the published one",
  async (old, size, proof) => {
    expect(await proveConsistency(sourceOf(ctLeaves), old, size)).toEqual(proof);
    const claim = { oldSize: old, newSize: size, proof };
    const oldRoot = ctRoots[old - 1] ?? "";
    const newRoot = ctRoots[size - 1] ?? "";
    expect(verifyConsistency({ ...claim, oldRoot, newRoot })).toBe(true);
    expect(verifyConsistency({ ...claim, oldRoot: zeroHash, newRoot })).toBe(false);
    expect(verifyConsistency({ ...claim, oldRoot, newRoot: zeroHash })).toBe(false);
  },
);

test("a published inclusion path of a real log with 3,630,887 leaves is accepted, and no neighbour of it", () => {
  // certificate-transparency, merkle_tree_test: an entry of Google's Pilot log.
  const claim = {
    index: 848_049,
    size: 3_630_887,
    leaf: "7a395c866d5ecdb0cccb623e011dbc392cd348d1d1d72776174e127a24b09c78",
    root: "78316a05c9bcf14a3a4548f5b854a9adfcd46a4c034401b3ce7eb7ac2f1d0ecb",
    proof: [
      "1a208aeebcd1b39fe2de247ee8db9454e1e93a312d206b87f6ca9cc6ec6f1ddd",
      "0a1b78b383f580856f433c01a5741e160d451c185910027f6cc9f828687a40c4",
      "3d1745789bc63f2da15850de1c12a5bf46ed81e1cc90f086148b1662e79aab3d",
      "9095b61e14d8990acf390905621e62b1714fb8e399fbb71de5510e0aef45affe",
      "0a332b91b8fab564e6afd1dd452449e04619b18accc0ff9aa8393cd4928451f2",
      "2336f0181d264aed6d8f3a6507ca14a8d3b3c3a23791ac263e845d208c1ee330",
      "b4ce56e300590500360c146c6452edbede25d4ed83919278749ee5dbe178e048",
      "933f6ddc848ea562e4f9c5cfb5f176941301dad0c6fdb9d1fbbe34fac1be6966",
      "b95a6222958a86f74c030be27c44f57dbe313e5e7c7f4ffb98bcbd3a03bb52f2",
      "daeeb3ce5923defd0faeb8e0c210b753b85b809445d7d3d3cd537a9aabaa9c45",
      "7fadd0a13e9138a2aa6c3fdec4e2275af233b94812784f66bcca9aa8e989f2bc",
      "1864e6ba3e32878610546539734fb5eeae2529991f130c575c73a7e25a2a7c56",
      "12842d1202b1dc6828a17ab253c02e7ce9409b5192430feba44189f39cc02d66",
      "29af64b16fa3053c13d02ac63aa75b23aa468506e44c3a2315edc85d2dc22b11",
      "b527b99934a0bd9edd154e449b0502e2c499bba783f3bc3dfe23364b6b532009",
      "4584db8ae8e351ace08e01f306378a92bfd43611714814f3d834a2842d69faa8",
      "86a9a41573b0d6e4292f01e93243d6cc65b30f06606fc6fa57390e7e90ed580f",
      "a88b98fbe84d4c6aae8db9d1605dfac059d9f03fe0fcb0d5dff1295dacba09e6",
      "06326dc617a6d1f7021dc536026dbfd5fffc6f7c5531d48ef6ccd1ed1569f2a1",
      "f41fe8fdc3a2e4e8345e30216e7ebecffee26ff266eeced208a6c2a3cf08f960",
      "40cf5bde8abb76983f3e98ba97aa36240402975674e120f234b3448911090f8d",
      "b3222dc8658538079883d980d7fdc2bef9285344ea34338968f736b04aeb387a",
    ],
  };
  expect(verifyInclusion(claim)).toBe(true);
  for (const change of [{ index: 848_048 }, { index: 848_050 }, { size: 848_049 }, { leaf: zeroHash }]) {
    expect(verifyInclusion({ ...claim, ...change })).toBe(false);
  }
});

test("every proof of every small tree is that of the recursive definition, and is accepted", async () => {
  const leaves = leavesOf(33);
  const source = sourceOf(leaves);
  for (let size = 1; size <= leaves.length; size += 1) {
    const tree = leaves.slice(0, size);
    const root = naiveRoot(tree);
    for (let index = 0; index < size; index += 1) {
      const proof = await proveInclusion(source, index, size);
      expect(proof).toEqual(naiveInclusion(index, tree));
      expect(verifyInclusion({ index, size, leaf: tree[index] ?? "", root, proof })).toBe(true);
    }
    for (let oldSize = 1; oldSize <= size; oldSize += 1) {
      const proof = await proveConsistency(source, oldSize, size);
      expect(proof).toEqual(naiveConsistency(oldSize, tree));
      const oldRoot = naiveRoot(tree.slice(0, oldSize));
      expect(verifyConsistency({ oldSize, oldRoot, newSize: size, newRoot: root, proof })).toBe(true);
    }
  }
});

test("no proof that was changed in any way is accepted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 80 }), fc.nat(), fc.nat(), async (size, a, b) => {
      const leaves = leavesOf(size);
      const source = sourceOf(leaves);
      const root = naiveRoot(leaves);
      const index = a % size;
      const leaf = leaves[index] ?? "";
      const inclusion = await proveInclusion(source, index, size);
      const oldSize = 1 + (b % (size - 1));
      const oldRoot = naiveRoot(leaves.slice(0, oldSize));
      const consistency = await proveConsistency(source, oldSize, size);

      const changes = (proof: readonly string[]): (readonly string[])[] => [
        ...proof.map((_, n) => proof.with(n, zeroHash)),
        ...proof.map((_, n) => proof.toSpliced(n, 1)),
        [...proof, zeroHash],
        ...proof.map((hash, n) => proof.with(n, hash.toUpperCase().replace(/^/, "x").slice(0, 64))),
        ...proof.map((hash, n) => proof.with(n, hash.slice(0, 62))),
        [zeroHash, ...proof],
        [...proof, root],
        Array.from({ length: 65 }, () => zeroHash),
      ];
      for (const proof of changes(inclusion)) {
        expect(verifyInclusion({ index, size, leaf, root, proof })).toBe(false);
      }
      for (const proof of changes(consistency)) {
        expect(verifyConsistency({ oldSize, oldRoot, newSize: size, newRoot: root, proof })).toBe(false);
      }
      for (const other of [index - 1, index + 1, -1, size, 0.5]) {
        expect(verifyInclusion({ index: other, size, leaf, root, proof: inclusion })).toBe(false);
      }
      for (const other of [oldSize - 1, oldSize + 1, -1, size + 1, 0.5]) {
        const claim = { oldSize: other, oldRoot, newSize: size, newRoot: root, proof: consistency };
        expect(verifyConsistency(claim)).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});

test("the empty tree is the beginning of every tree, but only with its own root", () => {
  const newer = { newSize: 1, newRoot: ctRoots[0] ?? "", proof: [] };
  expect(verifyConsistency({ oldSize: 0, oldRoot: emptyRoot, ...newer })).toBe(true);
  expect(verifyConsistency({ oldSize: 0, oldRoot: zeroHash, ...newer })).toBe(false);
  expect(verifyConsistency({ oldSize: 0, oldRoot: emptyRoot, ...newer, proof: [emptyRoot] })).toBe(false);
});

test("with the frontier of the older size a consistency proof reads only what was appended since", async () => {
  const leaves = leavesOf(5000);
  for (const [oldSize, newSize] of [
    [3000, 5000],
    [4095, 4097],
    [4096, 5000],
    [1, 2],
    [4999, 5000],
  ] as const) {
    const builder = new TreeBuilder();
    for (const leaf of leaves.slice(0, oldSize)) builder.append(leaf);
    const reads: [number, number][] = [];
    const source = withSubtrees(sourceOf(leaves, reads), frontierSubtrees(builder.frontier));
    const proof = await proveConsistency(source, oldSize, newSize);
    expect(proof).toEqual(naiveConsistency(oldSize, leaves.slice(0, newSize)));
    expect(Math.min(...reads.map(([from]) => from))).toBeGreaterThanOrEqual(oldSize);
    expect(Math.max(...reads.map(([from, to]) => to - from))).toBeLessThanOrEqual(leavesPerRead);
  }
});

test("proofs stay whole when the leaves of an archived part are gone and its subtrees are kept", async () => {
  const leaves = leavesOf(300);
  const archived = 100;
  const builder = new TreeBuilder();
  for (const leaf of leaves.slice(0, archived)) builder.append(leaf);
  const rest: HashSource = {
    readLeaves: async (from, to) => (from < archived ? undefined : leaves.slice(from, to)),
  };
  const source = withSubtrees(rest, frontierSubtrees(builder.frontier));
  for (const index of [100, 101, 200, 299]) {
    expect(await proveInclusion(source, index, 300)).toEqual(naiveInclusion(index, leaves));
  }
  expect(await proveConsistency(source, 200, 300)).toEqual(naiveConsistency(200, leaves));
  await expect(proveInclusion(source, 3, 300)).rejects.toMatchObject({ code: "audit_archived" });
});

test.each([
  [-1, 5],
  [5, 5],
  [0.5, 5],
])("leaf %f of %i has no inclusion proof", async (index, size) => {
  await expect(proveInclusion(sourceOf(leavesOf(8)), index, size)).rejects.toThrow("no such proof");
});

test("a tree that is newer than the new one has no consistency proof", async () => {
  await expect(proveConsistency(sourceOf(leavesOf(8)), 6, 5)).rejects.toThrow("no such proof");
});

test("the empty root is SHA-256 of nothing", () => {
  expect(emptyRoot).toBe(sha256(new Uint8Array()));
});
