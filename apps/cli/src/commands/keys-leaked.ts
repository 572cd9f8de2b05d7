import type { ControlSchemas } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readStdin } from "../input/stdin.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Entry = ControlSchemas["LeakedKeyTrace"]["entries"][number];
const tokenBytesMax = 1024;

const columns: readonly Column<Entry>[] = [
  timeColumn("AT", (entry) => entry.at),
  { header: "DID", value: (entry) => entry.action, isWhole: true },
  { header: "TO", value: (entry) => entry.targetId ?? "-" },
  { header: "OUTCOME", value: (entry) => entry.outcome, isWhole: true },
  { header: "REQUEST", value: (entry) => entry.requestId },
];

/** The token comes by standard input: on a command line, other people of the machine would see it. */
export const run = async (context: Context): Promise<number> => {
  const { control, print, signal } = context;
  const token = (await readStdin(context, { what: "the token", bytesMax: tokenBytesMax })).toString().trim();
  if (token === "") throw usageError("No token was given.", "For example: cmdop keys leaked < found.txt");
  const client = await control();
  const { data } = await client.POST("/v1/leaked-keys", { body: { token }, signal });
  if (!data) return exitCodes.done;
  const { fingerprint, trace } = data;
  if (print.isJson) {
    await print.json(data);
    return exitCodes.done;
  }
  print.note(`${fingerprint}: revoked if it was a live one.`);
  if (!trace) {
    print.note("What it did is told to its owner, and to whoever may revoke keys in its fleet.");
    return exitCodes.done;
  }
  print.note(`${trace.name} (${trace.id}) was ${trace.wasLive ? "live until now" : "ended already"}.`);
  print.note(`Last used ${trace.lastUsedAt ?? "never"} from ${trace.lastUsedFrom ?? "nowhere"}.`);
  await print.list(trace.entries, columns, {
    toJson: (entry) => entry,
    id: (entry) => String(entry.seq),
    emptyNote: "It changed nothing here.",
  });
  return exitCodes.done;
};
