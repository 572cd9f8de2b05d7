import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { streamLocalControl } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { writeOut } from "../io.ts";
import { runForeground } from "../run-foreground.ts";

export const run = async (context: Context): Promise<ExitCode> => {
  const { io, options } = context;
  const out = options.text("out");
  if (out === undefined) throw usageError("Say where to.", "Type: cmdop control export --out FILE");
  if (out === "-") return exportTo(context, undefined);
  const file = path.resolve(io.cwd, out);
  const fd = openNew(file);
  let isWhole = false;
  try {
    const code = await exportTo(context, fd);
    isWhole = code === exitCodes.done;
    if (isWhole) fsyncSync(fd);
    return code;
  } finally {
    closeSync(fd);
    if (!isWhole) rmSync(file, { force: true });
  }
};

/** By the control plane that runs here, or by a process of its own where none does. */
const exportTo = async (context: Context, fd: number | undefined): Promise<ExitCode> => {
  const { io } = context;
  const pieces = io.env.CMDOP_DATABASE_URL ? undefined : await askRunning(context);
  if (pieces) return takeFromRunning(context, pieces, fd);
  return runForeground(context, {
    what: "the export",
    main: path.join(io.root, "services", "control", "src", "export-main.ts"),
    env: {},
    ...(fd === undefined ? {} : { stdout: fd }),
  });
};

/** Undefined: nobody listens there, or an older version that cannot do it. */
const askRunning = async ({ home, signal }: Context): Promise<AsyncIterable<Buffer> | undefined> => {
  const socket = path.join(home, "control", "control.sock");
  try {
    return await streamLocalControl(socket, "POST", "/local/v1/export", signal);
  } catch (cause) {
    if (cause instanceof Failure && (cause.code === "unavailable" || cause.code === "not_found"))
      return undefined;
    throw cause;
  }
};

/** The last line counts and sums what stands before it. */
const lastLineBytesMax = 4_096;

const takeFromRunning = async (
  { io, print }: Context,
  pieces: AsyncIterable<Buffer>,
  fd: number | undefined,
): Promise<ExitCode> => {
  let tail = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (fd === undefined) await writeOut(io.stdout, piece);
    else writeWhole(fd, piece);
    tail = Buffer.concat([tail, piece]).subarray(-lastLineBytesMax);
  }
  const end = /\n\{"end":\{"rows":(\d+),"sha256":"([0-9a-f]{64})"\}\}\n$/.exec(tail.toString());
  if (!end) {
    throw new CliError({
      what: "the export is cut off",
      why: "The control plane ended in the middle of it.",
      next: "See its log, and repeat it.",
      code: "connection_lost",
    });
  }
  print.note(`Exported ${end[1]} rows, sha256 ${end[2]}`);
  return exitCodes.done;
};

const writeWhole = (fd: number, bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
};

const openNew = (file: string): number => {
  try {
    return openSync(file, "wx", 0o600);
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new CliError({
      what: "cannot write the export",
      why: isThere ? `${file} is there already.` : `${file} cannot be written.`,
      next: "Name a new file with --out.",
      code: isThere ? "name_taken" : "directory_unwritable",
      cause,
    });
  }
};
