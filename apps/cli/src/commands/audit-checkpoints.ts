import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Checkpoint = ControlSchemas["AuditCheckpoint"];

const columns: readonly Column<Checkpoint>[] = [
  { header: "ENTRIES", value: (checkpoint) => String(checkpoint.size), isWhole: true },
  timeColumn("AT", (checkpoint) => checkpoint.at),
  { header: "ROOT", value: ({ checkpoint }) => checkpoint.split("\n")[2] ?? "", isWhole: true },
];

const limitDefault = 10;

export const run = async ({ control, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/audit/checkpoints", {
    params: { query: { limit: options.number("limit") ?? limitDefault } },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) {
    await print.json({ items: data.items, verifierKey: data.verifierKey });
    return exitCodes.done;
  }
  await print.list(data.items, columns, {
    toJson: (checkpoint) => checkpoint,
    id: (checkpoint) => String(checkpoint.size),
    emptyNote: "Nothing was signed yet.",
  });
  print.note(`The log's public key: ${data.verifierKey}`);
  return exitCodes.done;
};
