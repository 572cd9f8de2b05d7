// The recursive definitions of RFC 9162 2.1, written as they stand there: the judge of the iterative ones.
import { createHash } from "node:crypto";

const sha256 = (hex: string): string => createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");

/** The largest power of two smaller than n. */
const split = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** MTH(D[n]) over hashes of leaves. */
export const naiveRoot = (leaves: readonly string[]): string => {
  if (leaves.length === 0) return sha256("");
  if (leaves.length === 1) return leaves[0] as string;
  const k = split(leaves.length);
  return sha256(`01${naiveRoot(leaves.slice(0, k))}${naiveRoot(leaves.slice(k))}`);
};

/** PATH(m, D[n]). */
export const naiveInclusion = (index: number, leaves: readonly string[]): string[] => {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k
    ? [...naiveInclusion(index, left), naiveRoot(right)]
    : [...naiveInclusion(index - k, right), naiveRoot(left)];
};

const subproof = (m: number, leaves: readonly string[], isWhole: boolean): string[] => {
  if (m === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k
    ? [...subproof(m, left, isWhole), naiveRoot(right)]
    : [...subproof(m - k, right, false), naiveRoot(left)];
};

/** PROOF(m, D[n]). */
export const naiveConsistency = (m: number, leaves: readonly string[]): string[] => subproof(m, leaves, true);

/** The leaves of Certificate Transparency's test vectors (certificate-transparency, merkle_tree_test), hashed. */
export const ctLeaves: readonly string[] = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((data) => sha256(`00${data}`));

/** Their published roots, for the first one, two, … eight leaves. */
export const ctRoots: readonly string[] = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
