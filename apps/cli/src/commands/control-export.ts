import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { runForeground } from "../run-foreground.ts";

export const run = async (context: Context): Promise<ExitCode> => {
  const { io, options } = context;
  const out = options.text("out");
  if (out === undefined) throw usageError("Say where to.", "Type: cmdop control export --out FILE");
  const what = {
    what: "the export",
    main: path.join(io.root, "services", "control", "src", "export-main.ts"),
    env: {},
  };
  if (out === "-") return runForeground(context, what);
  const file = path.resolve(io.cwd, out);
  const fd = openNew(file);
  try {
    const code = await runForeground(context, { ...what, stdout: fd });
    if (code === exitCodes.done) fsyncSync(fd);
    else rmSync(file);
    return code;
  } finally {
    closeSync(fd);
  }
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
