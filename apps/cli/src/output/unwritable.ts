import { CliError } from "../cli-error.ts";

/** For a file that the system did not let be written; any other cause as it is. */
export const unwritable = (file: string, cause: unknown): unknown => {
  const isFile = cause instanceof Error && "syscall" in cause && "path" in cause;
  if (!isFile) return cause;
  return new CliError({
    what: "nothing written",
    why: `${file} cannot be written.`,
    next: "Choose another file with --output.",
    code: "directory_unwritable",
    cause,
  });
};
