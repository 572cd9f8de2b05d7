// A proof of `cmdop audit proof`, verified without the control plane.
import { readFile, stat } from "node:fs/promises";
import {
  type AuditProof,
  type ConsistencyProof,
  type ProofReport,
  parseProof,
  verifyConsistencyProof,
  verifyEntryProof,
} from "@cmdop/audit";
import { toDisplayText } from "@cmdop/base";
import { noteOf, readNamedFile, trustOf } from "./audit-files.ts";
import { usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";

/** An entry of 16 KiB, 64 hashes and a signed note, and all of it indented. */
const proofBytesMax = 128 * 1024;

/** Undefined for what is something else, as the export of a log. */
export const readProof = async (file: string): Promise<AuditProof | undefined> => {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > proofBytesMax) return undefined;
  return parseProof(await readFile(file, "utf8"));
};

export const verifyProofFile = async (context: Context, proof: AuditProof): Promise<ProofReport> => {
  const { options, print } = context;
  const report = proof.kind === "entry" ? verifyEntry(context, proof) : await verifySince(context, proof);
  if (print.isJson) {
    await print.json(report);
    return report;
  }
  await print.line(wordsOf[report.verdict]);
  if (proof.kind === "entry") {
    const { at, action, actor } = proof.entry;
    const who = (actor as { readonly name?: unknown; readonly id?: unknown } | undefined) ?? {};
    const what = [at, who.name ?? who.id, action].map((word) => toDisplayText(String(word), 100)).join("  ");
    await print.line(`entry ${proof.seq}: ${what}`);
  }
  await print.line(`under a checkpoint of ${report.size} entries`);
  for (const { kind, text } of report.problems) await print.line(`${kind}: ${text}`);
  if (report.verdict === "unproved" && !options.has("key")) {
    print.note("Give the log's key with --key; that in the file is the word of whoever gave the file.");
  }
  return report;
};

const wordsOf: Readonly<Record<ProofReport["verdict"], string>> = {
  intact: "proved",
  unproved: "unproved: the proof fits, and no signature says that it is of this log",
  tampered: "tampered with",
};

const verifyEntry = (
  { options }: Pick<Context, "options">,
  proof: Extract<AuditProof, { readonly kind: "entry" }>,
): ProofReport => {
  const other = ["witness", "checkpoint", "start"].find((name) => options.has(name));
  if (other !== undefined) {
    throw usageError(
      `--${other} says nothing of one entry: its proof carries its checkpoint.`,
      "Give --key alone; for what was kept: cmdop audit proof --since FILE",
    );
  }
  return verifyEntryProof(proof, trustOf({ options }));
};

const verifySince = async (context: Context, proof: ConsistencyProof): Promise<ProofReport> => {
  const kept =
    (await readNamedFile(context, "checkpoint", noteOf)) ?? (await readNamedFile(context, "witness", noteOf));
  if (kept === undefined) {
    throw usageError(
      "This proof says that the log continues a checkpoint that was kept.",
      "Give that one with --checkpoint FILE.",
    );
  }
  return verifyConsistencyProof(proof, kept, trustOf(context));
};
