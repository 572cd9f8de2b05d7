import { expect, test } from "vitest";
import { headRoot } from "./chain.ts";
import { checkCheckpoint, parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { cosignNote, createNoteVerifier, signNote } from "./signed-note.ts";
import { headAt, keyOf, sampleLog, signer, trust } from "./testing/sample-log.ts";

const log = sampleLog(5);
const note = signCheckpoint(log.head, signer);

test("a checkpoint reads as c2sp.org/tlog-checkpoint says", () => {
  const [origin, size, root, blank, signature, end] = note.split("\n");
  expect([origin, size, blank, end]).toEqual(["cmdop.example.com/audit", "5", "", ""]);
  expect(Buffer.from(root ?? "", "base64").toString("hex")).toBe(headRoot(log.head));
  expect(signature).toMatch(/^\u2014 cmdop\.example\.com\/audit [A-Za-z0-9+/]{91}=$/);
});

test("the published example of the specification is read", () => {
  const published =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" +
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
  expect(parseCheckpoint(published)).toEqual({
    origin: "example.com/behind-the-sofa",
    size: 20_852_163,
    root: "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62",
  });
});

test("a checkpoint is valid under the log's key, and names who cosigned it", () => {
  const witness = createNoteVerifier("relay-1", keyOf("relay-1"), 4);
  const cosigned = cosignNote(note, { name: "relay-1", privateKey: keyOf("relay-1") }, 1_800_000_000);
  const checkpoint = { origin: signer.name, size: 5, root: headRoot(log.head) };
  expect(checkCheckpoint(note, trust)).toEqual({ kind: "valid", checkpoint, cosigned: [] });
  expect(checkCheckpoint(cosigned, { ...trust, witnesses: [witness] })).toEqual({
    kind: "valid",
    checkpoint,
    cosigned: [{ name: "relay-1", atSeconds: 1_800_000_000 }],
  });
});

test("a witness's word does not stand in for the log's", () => {
  const witness = createNoteVerifier("relay-1", keyOf("relay-1"), 4);
  const text = `${note.split("\n\n")[0]}\n`;
  const foreign = signNote(text, { name: "somebody", privateKey: keyOf("somebody") });
  const cosigned = cosignNote(foreign, { name: "relay-1", privateKey: keyOf("relay-1") }, 1_800_000_000);
  expect(checkCheckpoint(cosigned, { ...trust, witnesses: [witness] }).kind).toBe("bad_signature");
});

test.each<[string, string, string]>([
  ["another size", note.replace("\n5\n", "\n4\n"), "bad_signature"],
  ["another root", note.replace(/\n[^\n]{44}\n/, `\n${"A".repeat(43)}=\n`), "bad_signature"],
  ["another key", signCheckpoint(log.head, { ...signer, privateKey: keyOf("thief") }), "bad_signature"],
  ["another origin", signCheckpoint(log.head, { ...signer, name: "other/audit" }), "other_origin"],
  ["a size with a zero before it", note.replace("\n5\n", "\n05\n"), "malformed"],
  ["a size beyond what counts", note.replace("\n5\n", "\n9007199254740993\n"), "malformed"],
  ["a short root", note.replace(/\n[^\n]{44}\n/, "\nAAAA\n"), "malformed"],
  ["no root", signNote("cmdop.example.com/audit\n5\n", signer), "malformed"],
  ["nothing", "", "malformed"],
])("a checkpoint with %s is refused by name", (_what, changed, kind) => {
  expect(changed).not.toBe(note);
  expect(checkCheckpoint(changed, trust).kind).toBe(kind);
});

test("an empty log has a checkpoint", () => {
  expect(checkCheckpoint(signCheckpoint(headAt(log, 0), signer), trust)).toMatchObject({
    kind: "valid",
    checkpoint: { size: 0 },
  });
});
