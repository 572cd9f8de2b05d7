// What the commands of the audit log read from files.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { type CheckpointTrust, parseVerifierKey } from "@cmdop/audit";
import { CliError } from "./cli-error.ts";
import type { Context } from "./context.ts";

export const exportHint = "Type: cmdop audit export --all --output FILE";

/** For a file that is not there or is not JSON; any other cause as it is. */
export const unreadableAudit = (file: string, cause: unknown, next = exportHint): unknown => {
  const isAbsent = cause instanceof Error && "syscall" in cause;
  if (!isAbsent && !(cause instanceof SyntaxError)) return cause;
  return new CliError({
    what: "nothing verified",
    why: isAbsent ? `${file} cannot be read.` : `${file} is not JSON as expected.`,
    next,
    code: isAbsent ? "not_found" : "invalid_argument",
    cause,
  });
};

/** The memory of an edge, an item of `audit checkpoints --json`, or the bare note. */
export const noteOf = (text: string): string =>
  text.startsWith("{") ? String((JSON.parse(text) as { readonly checkpoint?: unknown }).checkpoint) : text;

/** The file that an option names, as `parse` reads it; undefined without the option. */
export const readNamedFile = async <Value>(
  { io, options }: Pick<Context, "io" | "options">,
  name: string,
  parse: (text: string) => Value,
): Promise<Value | undefined> => {
  const file = options.text(name);
  if (file === undefined) return undefined;
  try {
    return parse(await readFile(path.resolve(io.cwd, file), "utf8"));
  } catch (cause) {
    throw unreadableAudit(file, cause, `Check the file that --${name} names.`);
  }
};

/** What `--key` says of whose signatures count. */
export const trustOf = ({ options }: Pick<Context, "options">): CheckpointTrust | undefined => {
  const key = options.text("key");
  if (key === undefined) return undefined;
  const verifier = parseVerifierKey(key);
  return { origin: verifier.name, keys: [verifier] };
};
