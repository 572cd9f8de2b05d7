import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

const columns: readonly Column<ControlSchemas["IdentityProvider"]>[] = [
  { header: "SLUG", value: (provider) => provider.slug, isWhole: true },
  { header: "NAME", value: (provider) => toDisplayText(provider.name, 40) },
  {
    header: "STATE",
    value: (provider) => (provider.disabledAt === null ? "enabled" : "shut"),
    isWhole: true,
  },
  { header: "ISSUER", value: (provider) => toDisplayText(provider.issuer, 80) },
  { header: "ID", value: (provider) => provider.id, isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/identity-providers", { signal });
  await print.list(data?.items ?? [], columns, {
    toJson: (provider) => provider,
    id: (provider) => provider.id,
    emptyNote:
      "People sign in here alone. Type: cmdop identity-providers add SLUG ISSUER --client-id ID < SECRET-FILE",
  });
  return exitCodes.done;
};
