import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { questionTerminal } from "../io.ts";

/** Asks a person unless `--yes` was given; where nobody can answer, it refuses and says so. */
export const confirmOrThrow = async (
  { io, options }: Pick<Context, "io" | "options">,
  asked: { readonly effect: string; readonly question: string },
): Promise<void> => {
  if (options.flag("yes")) return;
  if (io.stdin.isTTY !== true) throw usageError(asked.effect, "Repeat it with --yes.");
  const { confirm } = await import("@clack/prompts");
  const isSure = await confirm({
    message: asked.question,
    initialValue: false,
    ...questionTerminal(io),
  });
  if (isSure === true) return;
  throw new CliError({
    what: "nothing changed",
    why: "You did not confirm it.",
    next: "Repeat it, with --yes to answer beforehand.",
    code: "cancelled",
  });
};
