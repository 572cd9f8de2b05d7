import { type JoinString, parseJoinString } from "@cmdop/authority";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { readStdin } from "./stdin.ts";

const bytesMax = 1024;

/** The join string: as an argument, or (`-` or nothing) from standard input, where no list of processes shows it. */
export const readJoinString = async (
  context: Pick<Context, "arguments" | "io" | "print" | "signal">,
): Promise<JoinString & { readonly text: string }> => {
  const [given = "-"] = context.arguments;
  const text =
    given === "-" ? (await readStdin(context, { what: "the join string", bytesMax })).toString() : given;
  const parsed = parseJoinString(text);
  if (parsed) return { ...parsed, text: text.trim() };
  throw usageError(
    "That is no join string: a letter is wrong, or a part is missing.",
    "Make one where you are signed in: cmdop join-tokens create",
  );
};
