import path from "node:path";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { runForeground } from "../run-foreground.ts";

export const run = (context: Context): Promise<ExitCode> => {
  const [session = ""] = context.arguments;
  return runForeground(context, {
    what: "the export",
    main: path.join(context.io.root, "apps", "agent", "src", "export-main.ts"),
    args: [session],
    env: {},
  });
};
