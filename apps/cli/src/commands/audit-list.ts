import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readUpTo } from "../find/read-up-to.ts";
import { auditFilterOf } from "../options/audit-filter.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Entry = ControlSchemas["AuditEntry"];

const columns: readonly Column<Entry>[] = [
  { header: "SEQ", value: (entry) => String(entry.seq), isWhole: true },
  timeColumn("AT", (entry) => entry.at),
  { header: "WHO", value: ({ actor }) => toDisplayText(actor.name ?? actor.id, 40) },
  { header: "ACTION", value: (entry) => entry.action, isWhole: true },
  { header: "TARGET", value: ({ target }) => (target ? toDisplayText(target.id, 60) : "-") },
  { header: "OUTCOME", value: (entry) => entry.outcome, isWhole: true },
];

const limitDefault = 50;

export const run = async (context: Context): Promise<number> => {
  const { control, fleet, options, print, signal } = context;
  const client = await control();
  const filter = auditFilterOf(context);
  const read = options.flag("all")
    ? (page: { limit: number; cursor?: string }) =>
        client.GET("/v1/audit", { params: { query: { ...filter, ...page } }, signal })
    : async (page: { limit: number; cursor?: string }) =>
        client.GET("/v1/fleets/{fleet}/audit", {
          params: { path: { fleet: await fleet() }, query: { ...filter, ...page } },
          signal,
        });
  const entries = await readUpTo<Entry>(options.number("limit") ?? limitDefault, read);
  await print.list(entries, columns, {
    toJson: (entry) => entry,
    id: (entry) => String(entry.seq),
    emptyNote: "No entry fits.",
  });
  return exitCodes.done;
};
