import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type JoinToken = ControlSchemas["JoinToken"];

const columns: readonly Column<JoinToken>[] = [
  { header: "ID", value: (token) => token.id, isWhole: true },
  { header: "NAME", value: (token) => toDisplayText(token.name || "-", 40) },
  { header: "STATE", value: (token) => token.state, isWhole: true },
  { header: "USES", value: (token) => `${token.uses}/${token.maxUses}`, isWhole: true },
  { header: "TAGS", value: (token) => token.tags.join(",") || "-" },
  timeColumn("EXPIRES", (token) => token.expiresAt),
  { header: "PIN", value: (token) => token.pins.map((pin) => pin.slice(0, 15)).join(",") },
];

export const run = async ({ control, fleet, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const tokens = await readAll<JoinToken>((query) =>
    client.GET("/v1/fleets/{fleet}/join-tokens", { params: { path, query }, signal }),
  );
  const shown = options.flag("all") ? tokens : tokens.filter((token) => token.state === "live");
  await print.list(shown, columns, {
    toJson: (token) => token,
    id: (token) => token.id,
    emptyNote: "There are no live join tokens. Type: cmdop join-tokens create",
  });
  return exitCodes.done;
};
