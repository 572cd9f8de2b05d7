import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Account = ControlSchemas["Account"];

const columns: readonly Column<Account>[] = [
  { header: "EMAIL", value: (account) => account.email, isWhole: true },
  { header: "NAME", value: (account) => toDisplayText(account.name, 40) },
  { header: "ROLE", value: (account) => account.installationRole, isWhole: true },
  { header: "STATE", value: (account) => (account.disabledAt === null ? "live" : "disabled"), isWhole: true },
  timeColumn("SIGNED IN", (account) => account.lastSignInAt, "never"),
  { header: "ID", value: (account) => account.id, isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const accounts = await readAll<Account>((query) =>
    client.GET("/v1/accounts", { params: { query }, signal }),
  );
  await print.list(accounts, columns, {
    toJson: (account) => account,
    id: (account) => account.id,
    emptyNote: "Nobody has an account here.",
  });
  return exitCodes.done;
};
