import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

const columns: readonly Column<ControlSchemas["OutsideIdentity"]>[] = [
  { header: "PROVIDER", value: ({ provider }) => provider.slug, isWhole: true },
  { header: "NAME", value: ({ provider }) => toDisplayText(provider.name, 40) },
  { header: "WHO THERE", value: ({ subject }) => toDisplayText(subject, 60) },
  timeColumn("SINCE", (identity) => identity.createdAt),
  timeColumn("SIGNED IN", (identity) => identity.lastSignInAt),
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/account/identities", { signal });
  await print.list(data?.items ?? [], columns, {
    toJson: (identity) => identity,
    id: ({ provider }) => provider.slug,
    emptyNote: "You sign in nowhere else. Type: cmdop identities link",
  });
  return exitCodes.done;
};
