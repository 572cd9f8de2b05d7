import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";

/** One thing of the control plane: a line for each field, its id with -q, the API's object with --json. */
export const printRecord = async (
  { print }: Pick<Context, "print">,
  record: { readonly id: string },
  fields: readonly (readonly [string, string | null | undefined])[],
): Promise<void> => {
  if (print.isJson) return print.json(record);
  if (print.isQuiet) return print.line(record.id);
  const width = Math.max(...fields.map(([label]) => label.length));
  for (const [label, value] of fields) {
    await print.line(`${label.padEnd(width)} ${toDisplayText(value ?? "-", 2_000)}`);
  }
};

/** As `printRecord`, of something with a secret: it alone goes to standard output, for a script to take. */
export const printSecret = async (
  { print }: Pick<Context, "print">,
  made: { readonly secret: string },
  notes: readonly string[],
): Promise<void> => {
  if (print.isJson) return print.json(made);
  await print.line(made.secret);
  for (const note of notes) print.note(note);
};
