import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

const columns: readonly Column<ControlSchemas["Passkey"]>[] = [
  { header: "NAME", value: (passkey) => toDisplayText(passkey.name, 40) },
  timeColumn("SINCE", (passkey) => passkey.createdAt),
  timeColumn("USED", (passkey) => passkey.lastUsedAt, "never"),
  { header: "BACKED UP", value: ({ isBackedUp }) => (isBackedUp ? "yes" : "no"), isWhole: true },
  { header: "ID", value: (passkey) => passkey.id, isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/account/passkeys", { signal });
  await print.list(data?.items ?? [], columns, {
    toJson: (passkey) => passkey,
    id: (passkey) => passkey.id,
    emptyNote: "You have none. Type: cmdop passkeys add",
  });
  return exitCodes.done;
};
