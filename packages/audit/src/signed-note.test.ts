import { expect, test } from "vitest";
import {
  cosignNote,
  createNoteVerifier,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  signNote,
  verifyNote,
} from "./signed-note.ts";
import { keyOf } from "./testing/sample-log.ts";

// The example of golang.org/x/mod/sumdb/note, made by another implementation.
const goKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const goNote =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n" +
  "\n" +
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

test("the published example of Go's note package is read and verified", () => {
  const key = parseVerifierKey(goKey);
  expect(formatVerifierKey(key)).toBe(goKey);
  expect(verifyNote(parseNote(goNote), [key])).toEqual([
    { name: "PeterNeumann", keyId: "c74f20a3", type: 1, atSeconds: undefined },
  ]);
  expect(verifyNote(parseNote(goNote.replace("think", "thing")), [key])).toBeUndefined();
});

test("the published key of sum.golang.org is read", () => {
  const text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
  expect(formatVerifierKey(parseVerifierKey(text))).toBe(text);
});

test("a note carries several signatures, each told apart by name, key and kind", () => {
  const log = { name: "log.example", privateKey: keyOf("log") };
  const first = { name: "relay-1.example", privateKey: keyOf("relay-1") };
  const second = { name: "router-1.example", privateKey: keyOf("router-1") };
  const note = cosignNote(cosignNote(signNote("text\n", log), first, 1_700_000_000), second, 1_700_000_001);
  const keys = [
    createNoteVerifier(log.name, log.privateKey),
    createNoteVerifier(first.name, first.privateKey, 4),
    createNoteVerifier(second.name, second.privateKey, 4),
  ];
  expect(verifyNote(parseNote(note), keys)?.map(({ name, atSeconds }) => [name, atSeconds])).toEqual([
    ["log.example", undefined],
    ["relay-1.example", 1_700_000_000],
    ["router-1.example", 1_700_000_001],
  ]);
  // The same key under the other kind is another key: its line is not taken for a signature of the log.
  const asLog = createNoteVerifier(first.name, first.privateKey, 1);
  expect(verifyNote(parseNote(note), [asLog])).toBeUndefined();
});

test("a line of an unknown key is skipped; a wrong line of a known key spoils the note", () => {
  const log = { name: "log.example", privateKey: keyOf("log") };
  const other = { name: "other.example", privateKey: keyOf("other") };
  const key = createNoteVerifier(log.name, log.privateKey);
  const note = signNote("text\n", log);
  const strange = signNote("text\n", other).split("\n\n")[1] ?? "";
  expect(verifyNote(parseNote(note + strange), [key])).toHaveLength(1);
  const forged = signNote("another text\n", log).split("\n\n")[1] ?? "";
  expect(verifyNote(parseNote(note + forged), [key])).toBeUndefined();
  expect(verifyNote(parseNote(note), [])).toBeUndefined();
});

test("the time of a cosignature is signed", () => {
  const witness = { name: "relay-1.example", privateKey: keyOf("relay-1") };
  const note = cosignNote(
    signNote("text\n", { name: "log", privateKey: keyOf("log") }),
    witness,
    1_700_000_000,
  );
  const lines = note.split("\n");
  const [dash, name, base64 = ""] = (lines.at(-2) ?? "").split(" ");
  const bytes = Buffer.from(base64, "base64");
  bytes[11] = (bytes[11] ?? 0) ^ 1;
  const moved = [...lines.slice(0, -2), `${dash} ${name} ${bytes.toString("base64")}`, ""].join("\n");
  const key = createNoteVerifier(witness.name, witness.privateKey, 4);
  expect(verifyNote(parseNote(note), [key])).toHaveLength(1);
  expect(verifyNote(parseNote(moved), [key])).toBeUndefined();
});

test.each<[string, string]>([
  ["no signature", "text\n"],
  ["no blank line", "text\n— a AAAAAAAA\n"],
  ["no final newline", goNote.slice(0, -1)],
  ["a hyphen for a dash", goNote.replace("—", "-")],
  ["base64 that is none", goNote.replace("x08go", "x08g*")],
  ["base64 with loose bits", goNote.replace("nAM=", "nAN=")],
  ["a control character", goNote.replace("think", "th\u0007ink")],
  ["more signatures than the limit", goNote + `${goNote.split("\n\n")[1]}`.repeat(32)],
  ["more than the limit", `${"x".repeat(20_000)}\n\n— a AAAAAAAA\n`],
])("a note with %s is refused", (_what, note) => {
  expect(() => parseNote(note)).toThrow("Malformed signed note");
});

test.each([
  ["an id that does not fit", goKey.replace("c74f20a3", "c74f20a4")],
  ["a cut key", goKey.slice(0, -4)],
  ["an unknown kind", goKey.replace("+ARpc", "+CRpc")],
  ["nothing", ""],
])("a verifier key with %s is refused", (_what, text) => {
  expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});

test.each(["", "two words", "a+b", "a\u00a0b"])("the name %j is refused", (name) => {
  expect(() => createNoteVerifier(name, keyOf("log"))).toThrow("no spaces");
});
