import { expect, test } from "vitest";
import { headRoot } from "./chain.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { formatCheckpointLine, formatEntryLine, formatStartLine } from "./export-lines.ts";
import { problemsMax } from "./limits.ts";
import { sealSegment } from "./seal.ts";
import { splitLines } from "./split-lines.ts";
import { exportOf, fileOf, tamperings } from "./testing/sample-export.ts";
import { headAt, sampleLog, signer, trust } from "./testing/sample-log.ts";
import { verifyChain } from "./verify-chain.ts";

const log = sampleLog(40);
const note = (size: number): string => signCheckpoint(headAt(log, size), signer);
const brief = (problems: readonly { kind: string; seq: number | undefined; line: number | undefined }[]) =>
  problems.map(({ kind, seq, line }) => [kind, seq, line]);

test("a whole export is intact, and says how far it is signed and witnessed", async () => {
  const report = await verifyChain(exportOf(log, [10, 32]), {
    trust,
    witnesses: [{ name: "relay", checkpoint: note(25) }],
  });
  expect(report).toEqual({
    verdict: "intact",
    problems: [],
    isCut: false,
    entries: 40,
    fromSeq: 1,
    head: log.head,
    root: headRoot(log.head),
    signedSize: 32,
    witnessedSize: 25,
    skippedCheckpoints: 0,
  });
});

test("rows of the database are verified like the lines of an export", async () => {
  const options = { trust, checkpoints: [note(40)] };
  expect(await verifyChain(log.entries, options)).toMatchObject({ verdict: "intact", signedSize: 40 });
  const rows = log.entries.with(7, {
    ...(log.entries[7] as (typeof log.entries)[number]),
    entry: { ...(log.entries[7] as (typeof log.entries)[number]).entry, outcome: "denied" },
  });
  expect(brief((await verifyChain(rows, options)).problems)).toEqual([["entry_altered", 8, 8]]);
});

test("without a signature the best that is said is unproved", async () => {
  expect(await verifyChain(exportOf(log, []), { trust })).toMatchObject({
    verdict: "unproved",
    problems: [],
  });
  expect(await verifyChain(exportOf(log, [40]))).toMatchObject({ verdict: "unproved", signedSize: 0 });
});

test.each(tamperings)("$what is named with its place", async ({ tamper, expected }) => {
  const { lines, witnesses, checkpoints } = tamper(log);
  const report = await verifyChain(lines, { trust, witnesses, checkpoints });
  expect(report.verdict).toBe("tampered");
  expect(brief(report.problems)).toEqual(expected);
});

test("a flipped bit in any byte of an export is found", async () => {
  const small = sampleLog(3);
  const checkpoints = [signCheckpoint(small.head, signer)];
  const bytes = Buffer.from(`${exportOf(small, [3]).join("\n")}\n`);
  const missed: number[] = [];
  for (const [index, byte] of bytes.entries()) {
    const flipped = Buffer.from(bytes);
    flipped[index] = byte ^ (1 << ((index * 5) % 8));
    const report = await verifyChain(splitLines([flipped]), { trust, checkpoints });
    if (report.verdict !== "tampered") missed.push(index);
  }
  expect(missed).toEqual([]);
});

test("a part whose beginning was archived is verified from its start", async () => {
  const start = headAt(log, 13);
  const rest = exportOf(log, [20, 40]).slice(13);
  const withStart = [formatStartLine(start), ...rest];
  expect(await verifyChain(withStart, { trust, checkpoints: [note(5)] })).toMatchObject({
    verdict: "intact",
    fromSeq: 14,
    entries: 27,
    head: log.head,
    signedSize: 40,
    skippedCheckpoints: 1,
  });
  expect(await verifyChain(rest, { trust, start })).toMatchObject({ verdict: "intact", fromSeq: 14 });
  expect(await verifyChain(withStart, { trust, start })).toMatchObject({ verdict: "intact" });
});

test("a start that was made up does not lead to the signed root", async () => {
  const other = sampleLog(13, "-other", 3);
  const lines = [
    formatStartLine({ ...headAt(log, 13), frontier: other.head.frontier }),
    ...exportOf(log, [40]).slice(13),
  ];
  expect(brief((await verifyChain(lines, { trust })).problems)).toEqual([["rewritten", 40, 29]]);
  const misplaced = exportOf(log, [40]).toSpliced(5, 0, formatStartLine(headAt(log, 4)));
  expect(brief((await verifyChain(misplaced, { trust })).problems)).toEqual([["malformed_line", 4, 6]]);
  const another = await verifyChain([formatStartLine(other.head)], { trust, start: headAt(log, 13) });
  expect(brief(another.problems)).toEqual([["malformed_line", 13, 1]]);
});

test("what was given as a whole and begins later is not whole", async () => {
  const later = fileOf(log, 13, 40);
  expect(await verifyChain(later, { trust })).toMatchObject({ verdict: "intact", fromSeq: 14 });
  const report = await verifyChain(later, { trust, isWhole: true });
  expect(brief(report.problems)).toEqual([["segment_missing", 1, 1]]);
  const whole = [...fileOf(log, 0, 13), ...later];
  expect(await verifyChain(whole, { trust, isWhole: true })).toMatchObject({ verdict: "intact", fromSeq: 1 });
});

test("a sealed segment verifies by itself, and the rest goes on from its end", async () => {
  const sealed = await sealSegment(log.entries.slice(0, 13));
  const archived = log.entries.slice(0, 13).map(formatEntryLine);
  expect(await verifyChain(archived, { trust, start: sealed.before })).toMatchObject({ head: sealed.after });
  const rest = log.entries.slice(13);
  const report = await verifyChain(rest, { trust, start: sealed.after, checkpoints: [note(40)] });
  expect(report).toMatchObject({ verdict: "intact", head: log.head });
});

test("reading stops at the limit of problems and says so", async () => {
  const lines = Array.from({ length: problemsMax * 2 }, () => "{}");
  const report = await verifyChain(lines, { trust, checkpoints: [note(40)] });
  expect(report.problems).toHaveLength(problemsMax);
  expect(report).toMatchObject({ verdict: "tampered", isCut: true });
});

test("a line without an end is refused, not gathered", async () => {
  let given = 0;
  const endless = function* () {
    for (;;) {
      given += 1;
      yield Buffer.alloc(16 * 1024, "x");
    }
  };
  expect(await verifyChain(splitLines(endless()))).toMatchObject({ verdict: "tampered", isCut: true });
  expect(given).toBeLessThan(10);
});

test("an error of the source is not taken for tampering", async () => {
  const broken = async function* () {
    yield formatCheckpointLine(note(0));
    throw new Error("disk");
  };
  await expect(verifyChain(broken(), { trust })).rejects.toThrow("disk");
});
