import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signCheckpoint } from "./checkpoint.ts";
import { formatStartLine } from "./export-lines.ts";
import { proveConsistency, proveInclusion } from "./merkle-proofs.ts";
import { formatVerifierKey } from "./signed-note.ts";
import { exportOf, fileOf, type Tampered, tamperings } from "./testing/sample-export.ts";
import { headAt, sampleLog, signer, trust } from "./testing/sample-log.ts";
import { verifyChain } from "./verify-chain.ts";
import { parseProof, verifyConsistencyProof, verifyEntryProof } from "./verify-proof.ts";
import { formatWitnessState } from "./witness.ts";

const log = sampleLog(40);
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "verify-audit-"));
  // Copied away from the repository: it must need nothing from there.
  const file = fileURLToPath(new URL("../offline/verify-audit.mjs", import.meta.url));
  await copyFile(file, join(directory, "verify-audit.mjs"));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface OfflineReport {
  readonly verdict: string;
  readonly problems: readonly { kind: string; seq?: number; line?: number }[];
  readonly root: string;
  readonly signedSize: number;
  readonly witnessedSize: number;
}

const write = async (name: string, text: string): Promise<string> => {
  await writeFile(join(directory, name), text);
  return name;
};

const execOffline = (...words: string[]): Promise<{ code: number; report: OfflineReport }> => {
  const [key] = trust.keys;
  const all = ["verify-audit.mjs", "--json", "--key", key ? formatVerifierKey(key) : "", ...words];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, all, { cwd: directory }, (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr));
      else resolve({ code: Number(error?.code ?? 0), report: JSON.parse(stdout) as OfflineReport });
    });
  });
};

const runOffline = async (tampered: Tampered): Promise<{ code: number; report: OfflineReport }> => {
  const words: string[] = [];
  for (const note of tampered.checkpoints) words.push("--checkpoint", await write("checkpoint", note));
  for (const { checkpoint } of tampered.witnesses) {
    words.push("--witness", await write("witness.json", formatWitnessState({ checkpoint })));
  }
  return execOffline(...words, await write("export.ndjson", `${tampered.lines.join("\n")}\n`));
};

const brief = (problems: readonly { kind: string; seq?: number | undefined; line?: number | undefined }[]) =>
  problems.map(({ kind, seq, line }) => [kind, seq, line]);

const whole: readonly (readonly [string, Tampered, string, number])[] = [
  ["a whole export", { lines: exportOf(log, [10, 40]), checkpoints: [], witnesses: [] }, "intact", 0],
  [
    "a part after an archived one, with a witness",
    {
      lines: [formatStartLine(headAt(log, 13)), ...exportOf(log, [40]).slice(13)],
      checkpoints: [],
      witnesses: [{ name: "witness.json", checkpoint: signCheckpoint(headAt(log, 30), signer) }],
    },
    "intact",
    0,
  ],
  [
    "a log in several files",
    { lines: [...fileOf(log, 0, 13), ...fileOf(log, 13, 40)], checkpoints: [], witnesses: [] },
    "intact",
    0,
  ],
  ["an unsigned export", { lines: exportOf(log, []), checkpoints: [], witnesses: [] }, "unproved", 2],
];

test.each(whole)(
  "the offline file and the package say the same of %s",
  async (_what, given, verdict, code) => {
    const offline = await runOffline(given);
    const report = await verifyChain(given.lines, { trust, ...given });
    expect(offline.code).toBe(code);
    expect(offline.report).toMatchObject({
      verdict,
      problems: [],
      root: report.root,
      signedSize: report.signedSize,
      witnessedSize: report.witnessedSize,
    });
    expect(report.verdict).toBe(verdict);
  },
);

test.each(tamperings)("the offline file names $what as the package does", async ({ tamper, expected }) => {
  const offline = await runOffline(tamper(log));
  expect(offline.code).toBe(1);
  expect(offline.report.verdict).toBe("tampered");
  expect(brief(offline.report.problems)).toEqual(expected);
});

const noteAt = (size: number, of = log): string => signCheckpoint(headAt(of, size), signer);
const fork = sampleLog(40, "x", 20);

const entryProof = async (seq: number, size: number, changed: object = {}) => {
  const appended = log.entries[seq - 1];
  return {
    entry: { ...appended?.entry, hash: appended?.hash, ...changed },
    previousHash: log.entries[seq - 2]?.hash ?? "0".repeat(64),
    size,
    proof: await proveInclusion(log.source, seq - 1, size),
    checkpoint: noteAt(size),
  };
};

const proofSince = async (from: number, size: number, of = log) => ({
  proof: from > size ? [] : await proveConsistency(of.source, from, size),
  checkpoint: noteAt(size, of),
});

interface Claimed {
  readonly file: { readonly proof: readonly string[]; readonly checkpoint: string };
  readonly kept?: string;
}

const claims: readonly (readonly [string, () => Promise<Claimed>, readonly string[]])[] = [
  ["the only entry", async () => ({ file: await entryProof(1, 1) }), []],
  ["an entry in the middle", async () => ({ file: await entryProof(17, 33) }), []],
  ["the last entry", async () => ({ file: await entryProof(39, 39) }), []],
  [
    "a changed entry",
    async () => ({ file: await entryProof(17, 40, { outcome: "denied" }) }),
    ["entry_altered"],
  ],
  [
    "an entry with the proof of another",
    async () => ({ file: { ...(await entryProof(17, 40)), proof: (await entryProof(18, 40)).proof } }),
    ["rewritten"],
  ],
  [
    "a proof that is too short",
    async () => ({
      file: { ...(await entryProof(17, 40)), proof: (await entryProof(17, 40)).proof.slice(1) },
    }),
    ["rewritten"],
  ],
  [
    "an entry after the signed ones",
    async () => ({ file: { ...(await entryProof(17, 40)), checkpoint: noteAt(10) } }),
    ["rewritten"],
  ],
  [
    "a checkpoint that nobody signed",
    async () => ({
      file: { ...(await entryProof(17, 40)), checkpoint: noteAt(40).replace("\n40\n", "\n41\n") },
    }),
    ["bad_signature"],
  ],
  ["a log that went on", async () => ({ file: await proofSince(13, 40), kept: noteAt(13) }), []],
  [
    "a log that went on from a whole subtree",
    async () => ({ file: await proofSince(32, 33), kept: noteAt(32) }),
    [],
  ],
  ["a log to which nothing came", async () => ({ file: await proofSince(40, 40), kept: noteAt(40) }), []],
  ["a log that went on from nothing", async () => ({ file: await proofSince(0, 40), kept: noteAt(0) }), []],
  ["a log that forked", async () => ({ file: await proofSince(21, 40, fork), kept: noteAt(21) }), ["forked"]],
  [
    "a log that was put back",
    async () => ({ file: await proofSince(40, 30), kept: noteAt(40) }),
    ["rolled_back"],
  ],
];

test.each(claims)(
  "the offline file and the package say the same of a proof: %s",
  async (_what, make, kinds) => {
    const { file, kept } = await make();
    const proof = parseProof(JSON.stringify(file));
    if (proof === undefined) throw new Error("a proof is expected");
    const own =
      proof.kind === "entry"
        ? verifyEntryProof(proof, trust)
        : verifyConsistencyProof(proof, kept ?? "", trust);
    const words = kept === undefined ? [] : ["--checkpoint", await write("kept", kept)];
    const { code, report } = await execOffline(
      ...words,
      await write("proof.json", JSON.stringify(file, undefined, 2)),
    );
    expect([code, report.verdict, report.problems.map(({ kind }) => kind)]).toEqual([
      kinds.length === 0 ? 0 : 1,
      own.verdict,
      kinds,
    ]);
    expect(own.problems.map(({ kind }) => kind)).toEqual(kinds);
  },
);

test("the offline file asks for what a proof needs, and takes nothing that it would not look at", async () => {
  const since = await write("since.json", JSON.stringify(await proofSince(13, 40)));
  await expect(execOffline(since)).rejects.toThrow("--checkpoint");
  const entry = await write("entry.json", JSON.stringify(await entryProof(17, 40)));
  await expect(execOffline("--checkpoint", await write("kept", noteAt(13)), entry)).rejects.toThrow(
    "carries its checkpoint",
  );
});
