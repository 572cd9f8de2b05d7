import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Member = ControlSchemas["Member"];

const columns: readonly Column<Member>[] = [
  { header: "EMAIL", value: (member) => member.account.email, isWhole: true },
  { header: "NAME", value: (member) => toDisplayText(member.account.name, 40) },
  { header: "ROLE", value: (member) => member.roleName, isWhole: true },
  timeColumn("ENDS", (member) => member.expiresAt),
  { header: "ID", value: (member) => member.id, isWhole: true },
];

export const run = async ({ control, fleet, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const members = await readAll<Member>((page) =>
    client.GET("/v1/fleets/{fleet}/members", { params: { path, query: page }, signal }),
  );
  await print.list(members, columns, {
    toJson: (member) => member,
    id: (member) => member.id,
    emptyNote: "Nobody is in this fleet.",
  });
  return exitCodes.done;
};
