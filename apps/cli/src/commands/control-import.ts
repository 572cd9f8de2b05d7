import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { runForeground } from "../run-foreground.ts";

export const run = async (context: Context): Promise<ExitCode> => {
  const { io, options } = context;
  const from = options.text("in");
  if (from === undefined) throw usageError("Say what to read.", "Type: cmdop control import --in FILE");
  const what = {
    what: "the import",
    main: path.join(io.root, "services", "control", "src", "import-main.ts"),
    env: {},
  };
  if (from === "-") return runForeground(context, what);
  const fd = openSync(path.resolve(io.cwd, from), "r");
  try {
    return await runForeground(context, { ...what, stdin: fd });
  } finally {
    closeSync(fd);
  }
};
