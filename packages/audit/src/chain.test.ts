import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type AuditHead, appendEntry, emptyHead, hashEntry, headRoot, parseHead } from "./chain.ts";
import type { AuditEntryDraft } from "./entry.ts";
import { entryBytesMax } from "./limits.ts";
import { leafHash } from "./merkle-tree.ts";
import { zeroHash } from "./sha256.ts";
import { naiveRoot } from "./testing/naive-tree.ts";

const draft: AuditEntryDraft = {
  at: "2026-11-25T18:30:00.000Z",
  actor: { kind: "account", id: "acc_1", fingerprint: "0123456789abcdef", name: "Ada" },
  action: "key.revoke",
  target: { kind: "key", id: "key_1" },
  fleet: "main",
  outcome: "allowed",
  requestId: "req_1",
  ip: "127.0.0.1",
  client: "cmdop/0.1.0",
  before: "ab".repeat(32),
  body: { note: "leaked" },
};

test("an entry is hashed over the hash before it and its canonical text", () => {
  const text =
    '{"action":"key.revoke","actor":{"fingerprint":"0123456789abcdef","id":"acc_1","kind":"account","name":"Ada"},' +
    `"at":"2026-11-25T18:30:00.000Z","before":"${"ab".repeat(32)}","body":{"note":"leaked"},` +
    '"client":"cmdop/0.1.0","fleet":"main","ip":"127.0.0.1","outcome":"allowed","requestId":"req_1","seq":1,' +
    '"target":{"id":"key_1","kind":"key"}}';
  const appended = appendEntry(emptyHead, draft);
  expect(appended.canonical).toBe(text);
  expect(appended.hash).toBe(createHash("sha256").update(Buffer.alloc(32)).update(text).digest("hex"));
  expect(appended.entry).toEqual({ ...draft, seq: 1 });
  expect(hashEntry(zeroHash, appended.entry)).toBe(appended.hash);
});

test("the head counts on from what was stored, and its root is that of the tree of all hashes", () => {
  let head: AuditHead = emptyHead;
  const hashes: string[] = [];
  for (let n = 1; n <= 37; n += 1) {
    const appended = appendEntry(parseHead(JSON.parse(JSON.stringify(head))), {
      ...draft,
      requestId: `r${n}`,
    });
    expect(hashEntry(head.hash, appended.entry)).toBe(appended.hash);
    hashes.push(appended.hash);
    head = appended.head;
  }
  expect(head.seq).toBe(37);
  expect(head.hash).toBe(hashes.at(-1));
  expect(head.frontier).toHaveLength(3);
  expect(headRoot(head)).toBe(naiveRoot(hashes.map(leafHash)));
});

test.each<[string, object]>([
  ["an unknown member", { hash: "x" }],
  ["a member of the actor that is unknown", { actor: { kind: "account", id: "a", secret: "x" } }],
  ["no actor", { actor: undefined }],
  ["no milliseconds", { at: "2026-11-25T18:30:00Z" }],
  ["another zone", { at: "2026-11-25T18:30:00.000+01:00" }],
  ["a day that is not", { at: "2026-02-30T18:30:00.000Z" }],
  ["an action without a verb", { action: "revoke" }],
  ["an outcome of its own", { outcome: "maybe" }],
  ["a digest that is none", { before: "AB" }],
  ["an empty request id", { requestId: "" }],
  ["a body that is a list", { body: [] }],
  ["a number that is not finite", { body: { n: Number.NaN } }],
])("an entry with %s is refused", (_what, change) => {
  expect(() => appendEntry(emptyHead, { ...draft, ...change } as AuditEntryDraft)).toThrow(
    expect.objectContaining({ code: "invalid_argument" }),
  );
});

test("an entry beyond the limit is refused by name", () => {
  const body = { text: "x".repeat(entryBytesMax) };
  expect(() => appendEntry(emptyHead, { ...draft, body })).toThrow(
    expect.objectContaining({ code: "message_too_large" }),
  );
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["no hash", { seq: 0, frontier: [] }],
  ["a hash before the first entry", { seq: 0, hash: "ab".repeat(32), frontier: [] }],
  ["another frontier", { seq: 3, hash: zeroHash, frontier: [zeroHash] }],
])("a head with %s is refused", (_what, value) => {
  expect(() => parseHead(value)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});
