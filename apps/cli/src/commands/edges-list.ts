import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Edge = ControlSchemas["Edge"];

const columns: readonly Column<Edge>[] = [
  { header: "NAME", value: (edge) => edge.name, isWhole: true },
  { header: "KIND", value: (edge) => edge.kind, isWhole: true },
  { header: "STATE", value: (edge) => (edge.revokedAt === null ? "good" : "revoked"), isWhole: true },
  timeColumn("LAST USED", (edge) => edge.lastUsedAt),
  { header: "FINGERPRINT", value: (edge) => edge.fingerprint, isWhole: true },
  { header: "ID", value: (edge) => edge.id, isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const edges = await readAll<Edge>((query) => client.GET("/v1/edges", { params: { query }, signal }));
  await print.list(edges, columns, {
    toJson: (edge) => edge,
    id: (edge) => edge.id,
    emptyNote: "No relay or router has a credential. Type: cmdop edges create relay NAME",
  });
  return exitCodes.done;
};
