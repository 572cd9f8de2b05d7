import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  appendLeaf,
  countSubtrees,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  frontierRoot,
  leafHash,
  nodeHash,
  parseFrontier,
  TreeBuilder,
} from "./merkle-tree.ts";
import { ctLeaves, ctRoots, naiveRoot } from "./testing/naive-tree.ts";

test("the tree grows through the published roots of Certificate Transparency", () => {
  let frontier: Frontier = emptyFrontier;
  expect(frontierRoot(frontier)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const roots = ctLeaves.map((leaf) => {
    frontier = appendLeaf(frontier, leaf);
    return frontierRoot(frontier);
  });
  expect(roots).toEqual(ctRoots);
});

test("a node has the published hash of Certificate Transparency", () => {
  expect(
    nodeHash(
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
    ),
  ).toBe("1a378704c17da31e2d05b6d121c2bb2c7d76f6ee6fa8f983e596c2d034963c57");
});

test("a leaf is hashed with the prefix 0x00", () => {
  const data = "ab".repeat(32);
  expect(leafHash(data)).toBe(
    createHash("sha256")
      .update(Buffer.from(`00${data}`, "hex"))
      .digest("hex"),
  );
});

test("a tree that grew from any stored frontier has the root of the recursive definition", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (before, after) => {
      const leaves = Array.from({ length: before + after }, (_, n) =>
        leafHash(n.toString(16).padStart(64, "0")),
      );
      const first = new TreeBuilder();
      for (const leaf of leaves.slice(0, before)) first.append(leaf);
      const stored = JSON.parse(JSON.stringify(first.frontier));
      const second = new TreeBuilder(parseFrontier(stored.size, stored.hashes));
      for (const leaf of leaves.slice(before)) second.append(leaf);
      expect(second.root).toBe(naiveRoot(leaves));
      expect(second.frontier.hashes).toHaveLength(countSubtrees(leaves.length));
    }),
    { numRuns: 200 },
  );
});

test("a tree beyond 32 bits of leaves goes on", () => {
  const size = 2 ** 40 + 1;
  const hashes = [leafHash("00".repeat(32)), leafHash("11".repeat(32))];
  const grown = appendLeaf(parseFrontier(size, hashes), leafHash("22".repeat(32)));
  expect(grown).toEqual({
    size: 2 ** 40 + 2,
    hashes: [hashes[0], nodeHash(hashes[1] as string, leafHash("22".repeat(32)))],
  });
});

test.each<[string, unknown, unknown]>([
  ["too few hashes", 3, [emptyRoot]],
  ["too many hashes", 2, [emptyRoot, emptyRoot]],
  ["no hash", 1, ["zz"]],
  ["a negative size", -1, []],
  ["a size that is no integer", 1.5, [emptyRoot]],
  ["no list", 0, "x"],
])("a frontier with %s is refused", (_what, size, hashes) => {
  expect(() => parseFrontier(size, hashes)).toThrow("not the hashes of a tree");
});
