import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

type Role = ControlSchemas["Role"];

const columns: readonly Column<Role>[] = [
  { header: "NAME", value: (role) => role.name, isWhole: true },
  { header: "RIGHTS", value: (role) => String(role.rights.length) },
  { header: "ABOUT", value: (role) => role.description },
  { header: "ID", value: (role) => role.id, isWhole: true },
];

export const run = async ({ control, fleet, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/roles", {
    params: { path: { fleet: await fleet() } },
    signal,
  });
  await print.list(data?.items ?? [], columns, {
    toJson: (role) => role,
    id: (role) => role.name,
    emptyNote: "There are no roles.",
  });
  return exitCodes.done;
};
