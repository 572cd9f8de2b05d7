import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

type Fleet = ControlSchemas["Fleet"];

const columns: readonly Column<Fleet>[] = [
  { header: "SLUG", value: (fleet) => fleet.slug, isWhole: true },
  { header: "NAME", value: (fleet) => toDisplayText(fleet.name, 40) },
  { header: "ROLE", value: (fleet) => fleet.role ?? "-" },
  { header: "OUTAGE", value: (fleet) => fleet.outagePolicy },
  { header: "ID", value: (fleet) => fleet.id, isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const fleets = await readAll<Fleet>((page) =>
    client.GET("/v1/fleets", { params: { query: page }, signal }),
  );
  await print.list(fleets, columns, {
    toJson: (fleet) => fleet,
    id: (fleet) => fleet.slug,
    emptyNote: "You are in no fleet. Type: cmdop fleets create NAME",
  });
  return exitCodes.done;
};
