import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { type AuditReport, parseHead, splitLines, type VerifyOptions, verifyChain } from "@cmdop/audit";
import { toDisplayText } from "@cmdop/base";
import { exportHint, noteOf, readNamedFile, trustOf, unreadableAudit } from "../audit-files.ts";
import { readProof, verifyProofFile } from "../audit-proof-file.ts";
import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const { arguments: named, io, print } = context;
  const [first = "", ...others] = named;
  const proof = others.length === 0 ? await readProof(path.resolve(io.cwd, first)) : undefined;
  if (proof) {
    const { verdict } = await verifyProofFile(context, proof);
    return verdict === "intact" ? exitCodes.done : exitCodes.failed;
  }
  const log = await openLog(named.map((file) => path.resolve(io.cwd, file)));
  const report = await verifyChain(log.lines(), { ...(await optionsOf(context)), isWhole: log.isWhole });
  if (print.isJson) await print.json(report);
  else if (report.entries === 0 && report.problems.every(({ kind }) => kind === "malformed_line")) {
    throw new CliError({
      what: "nothing verified",
      why: `There is no entry of an audit log in ${toDisplayText(named.join(", "))}.`,
      next: exportHint,
      code: "invalid_argument",
      exitCode: exitCodes.failed,
    });
  } else await printReport(context, report, log);
  if (report.verdict === "unproved" && !context.options.has("key")) {
    print.note("Give the log's key with --key; it is the last line of: cmdop audit checkpoints");
  }
  return report.verdict === "intact" ? exitCodes.done : exitCodes.failed;
};

interface LogFiles {
  /** A directory is an archive: it begins with entry 1. */
  readonly isWhole: boolean;
  lines(): AsyncIterable<string>;
  /** Where a line of all that was read stands. */
  placeOf(line: number): string;
}

const openLog = async (named: readonly string[]): Promise<LogFiles> => {
  const files: string[] = [];
  let isWhole = false;
  for (const [index, file] of named.entries()) {
    const isDirectory = await stat(file).then(
      (found) => found.isDirectory(),
      (cause: unknown) => {
        throw unreadableAudit(file, cause);
      },
    );
    if (!isDirectory) {
      files.push(file);
      continue;
    }
    isWhole ||= index === 0;
    const names = (await readdir(file)).filter((name) => name.endsWith(".ndjson")).sort();
    files.push(...names.map((name) => path.join(file, name)));
  }
  const starts: { readonly file: string; readonly before: number }[] = [];
  const lines = async function* () {
    let count = 0;
    for (const file of files) {
      starts.push({ file, before: count });
      try {
        for await (const line of splitLines(createReadStream(file))) {
          count += 1;
          yield line;
        }
      } catch (cause) {
        throw unreadableAudit(file, cause);
      }
    }
  };
  return {
    isWhole,
    lines,
    placeOf: (line) => {
      const start = starts.findLast(({ before }) => before < line);
      const within = `line ${line - (start?.before ?? 0)}`;
      return starts.length > 1 && start ? `${path.basename(start.file)}, ${within}` : within;
    },
  };
};

const optionsOf = async (context: Context): Promise<VerifyOptions> => {
  const trust = trustOf(context);
  const witness = await readNamedFile(context, "witness", noteOf);
  const checkpoint = await readNamedFile(context, "checkpoint", noteOf);
  const start = await readNamedFile(context, "start", (text) => parseHead(JSON.parse(text)));
  return {
    ...(trust ? { trust } : {}),
    ...(witness === undefined
      ? {}
      : { witnesses: [{ name: context.options.text("witness") ?? "", checkpoint: witness }] }),
    ...(checkpoint === undefined ? {} : { checkpoints: [checkpoint] }),
    ...(start === undefined ? {} : { start }),
  };
};

const verdicts: Readonly<Record<AuditReport["verdict"], string>> = {
  intact: "intact",
  unproved: "unproved: nothing was found, and no signature says that this is the log",
  tampered: "tampered with",
};

const printReport = async (
  { print }: Context,
  report: AuditReport,
  { placeOf }: Pick<LogFiles, "placeOf">,
): Promise<void> => {
  const { entries, fromSeq, head, signedSize, witnessedSize, problems, isCut } = report;
  await print.line(`${verdicts[report.verdict]}`);
  await print.line(`${entries} entries, ${fromSeq} to ${head.seq}`);
  if (signedSize > 0) await print.line(`signed up to entry ${signedSize}`);
  if (witnessedSize > 0) await print.line(`witnessed up to entry ${witnessedSize}`);
  for (const { kind, text, line } of problems) {
    await print.line(`${kind}: ${text}${line === undefined ? "" : ` (${placeOf(line)})`}`);
  }
  if (isCut) await print.line("Reading stopped here: there may be more.");
};
