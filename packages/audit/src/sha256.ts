import { hash } from "node:crypto";

/** A SHA-256 hash: 64 lowercase hexadecimal digits. */
export type Hash = string;

const pattern = /^[0-9a-f]{64}$/;

export const isHash = (value: unknown): value is Hash => typeof value === "string" && pattern.test(value);

/** What stands before the first entry of a chain. */
export const zeroHash: Hash = "0".repeat(64);

export const sha256 = (bytes: Uint8Array): Hash => hash("sha256", bytes, "hex");

// Hashing is the hot loop of a verification. One scratch buffer saves an allocation and a copy per entry; it is
// filled and read in one synchronous step and never leaves this file.
let scratch = Buffer.alloc(64 * 1024);

/** SHA-256 over the 32 bytes of `prefix` and the UTF-8 of `text`. */
export const sha256OfHashAndText = (prefix: Hash, text: string): Hash => {
  // A UTF-16 unit takes three bytes at most.
  if (scratch.length < 32 + text.length * 3) scratch = Buffer.alloc(32 + text.length * 3);
  scratch.write(prefix, 0, "hex");
  const length = 32 + scratch.write(text, 32, "utf8");
  return hash("sha256", scratch.subarray(0, length), "hex");
};

const leaf = Buffer.alloc(33);
leaf[0] = 0;

/** SHA-256(0x00 ‖ data) for data of 32 bytes. */
export const sha256OfLeaf = (data: Hash): Hash => {
  leaf.write(data, 1, "hex");
  return hash("sha256", leaf, "hex");
};

const node = Buffer.alloc(65);
node[0] = 1;

/** SHA-256(0x01 ‖ left ‖ right). */
export const sha256OfNode = (left: Hash, right: Hash): Hash => {
  node.write(left, 1, "hex");
  node.write(right, 33, "hex");
  return hash("sha256", node, "hex");
};
