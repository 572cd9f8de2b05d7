import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

const columns: readonly Column<ControlSchemas["SigningKey"]>[] = [
  { header: "STATE", value: (key) => key.state, isWhole: true },
  timeColumn("MADE", (key) => key.createdAt),
  timeColumn("SIGNS FROM", (key) => key.signsFrom),
  timeColumn("KEPT UNTIL", (key) => key.keptUntil),
  { header: "ID", value: (key) => key.id, isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/signing-keys", { signal });
  await print.list(data?.items ?? [], columns, {
    toJson: (key) => key,
    id: (key) => key.id,
    emptyNote: "There is none.",
  });
  return exitCodes.done;
};
