import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signCheckpoint } from "./checkpoint.ts";
import { formatStartLine } from "./export-lines.ts";
import { formatVerifierKey } from "./signed-note.ts";
import { exportOf, fileOf, type Tampered, tamperings } from "./testing/sample-export.ts";
import { headAt, sampleLog, signer, trust } from "./testing/sample-log.ts";
import { verifyChain } from "./verify-chain.ts";
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

const runOffline = async (tampered: Tampered): Promise<{ code: number; report: OfflineReport }> => {
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return name;
  };
  const key = trust.keys[0];
  const words = ["verify-audit.mjs", "--json", "--key", key === undefined ? "" : formatVerifierKey(key)];
  for (const note of tampered.checkpoints) words.push("--checkpoint", await write("checkpoint", note));
  for (const { checkpoint } of tampered.witnesses) {
    words.push("--witness", await write("witness.json", formatWitnessState({ checkpoint })));
  }
  words.push(await write("export.ndjson", `${tampered.lines.join("\n")}\n`));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { cwd: directory }, (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr));
      else resolve({ code: Number(error?.code ?? 0), report: JSON.parse(stdout) as OfflineReport });
    });
  });
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
