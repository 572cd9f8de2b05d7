import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

type ServiceAccount = ControlSchemas["ServiceAccount"];

const columns: readonly Column<ServiceAccount>[] = [
  { header: "NAME", value: (account) => account.name, isWhole: true },
  { header: "ROLE", value: (account) => account.role },
  { header: "STATE", value: (account) => (account.disabledAt ? "disabled" : "live"), isWhole: true },
  { header: "ABOUT", value: (account) => account.description },
  { header: "ID", value: (account) => account.id, isWhole: true },
];

export const run = async ({ control, fleet, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const accounts = await readAll<ServiceAccount>((page) =>
    client.GET("/v1/fleets/{fleet}/service-accounts", { params: { path, query: page }, signal }),
  );
  await print.list(accounts, columns, {
    toJson: (account) => account,
    id: (account) => account.id,
    emptyNote: "There are none. Type: cmdop service-accounts create NAME",
  });
  return exitCodes.done;
};
