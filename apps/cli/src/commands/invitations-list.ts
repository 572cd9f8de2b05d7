import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Invitation = ControlSchemas["Invitation"];

const columns: readonly Column<Invitation>[] = [
  { header: "EMAIL", value: (invitation) => invitation.email, isWhole: true },
  { header: "ROLE", value: (invitation) => invitation.role },
  { header: "STATE", value: (invitation) => invitation.state, isWhole: true },
  timeColumn("UNTIL", (invitation) => invitation.expiresAt),
  { header: "ID", value: (invitation) => invitation.id, isWhole: true },
];

export const run = async ({ control, fleet, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const state = options.flag("all") ? "any" : "waiting";
  const invitations = await readAll<Invitation>((page) =>
    client.GET("/v1/fleets/{fleet}/invitations", { params: { path, query: { ...page, state } }, signal }),
  );
  await print.list(invitations, columns, {
    toJson: (invitation) => invitation,
    id: (invitation) => invitation.id,
    emptyNote: "No invitation waits. Type: cmdop members invite EMAIL",
  });
  return exitCodes.done;
};
