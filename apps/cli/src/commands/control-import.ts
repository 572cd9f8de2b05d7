import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { runForeground } from "../run-foreground.ts";

export const run = async (context: Context): Promise<ExitCode> => {
  const { io, options } = context;
  const from = options.text("in");
  if (from === undefined) throw usageError("Say what to read.", "Type: cmdop control import --in FILE");
  await assertNobodyRuns(context);
  const what = {
    what: "the import",
    main: path.join(io.root, "services", "control", "src", "import-main.ts"),
    env: {},
  };
  if (from === "-") return runForeground(context, what);
  const fd = openExport(path.resolve(io.cwd, from));
  try {
    return await runForeground(context, { ...what, stdin: fd });
  } finally {
    closeSync(fd);
  }
};

const openExport = (file: string): number => {
  try {
    return openSync(file, "r");
  } catch (cause) {
    throw new CliError({
      what: "cannot read the export",
      why: `${file} cannot be read.`,
      next: "Check its path and mode.",
      code: "not_found",
      cause,
    });
  }
};

/** An embedded database that a control plane has open is its own, and not empty. */
const assertNobodyRuns = async ({ home, io }: Context): Promise<void> => {
  if (io.env.CMDOP_DATABASE_URL) return;
  const socket = path.join(home, "control", "control.sock");
  const isRunning = await askLocalControl(socket, "GET", "/local/v1/status").then(
    () => true,
    () => false,
  );
  if (!isRunning) return;
  throw new CliError({
    what: "cannot import into a control plane that runs",
    why: `The one in ${path.join(home, "control")} has its database open, and that is not empty.`,
    next: "Import into a new one: name another CMDOP_HOME, or an empty PostgreSQL by CMDOP_DATABASE_URL.",
    code: "already_running",
  });
};
