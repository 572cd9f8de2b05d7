import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

const columns: readonly Column<ControlSchemas["Provider"]>[] = [
  { header: "NAME", value: (provider) => provider.name, isWhole: true },
  { header: "KIND", value: (provider) => provider.kind, isWhole: true },
  { header: "KEYS", value: (provider) => String(provider.keys), isWhole: true },
  {
    header: "MODELS",
    value: ({ models }) => (models === null ? "any" : String(models.length)),
    isWhole: true,
  },
  { header: "OF", value: (provider) => (provider.isShared ? "installation" : "fleet"), isWhole: true },
  { header: "URL", value: (provider) => provider.baseUrl ?? "-" },
  { header: "ID", value: (provider) => provider.id, isWhole: true },
];

export const run = async ({ control, fleet, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const isShared = options.flag("platform");
  const { data } = isShared
    ? await client.GET("/v1/providers", { signal })
    : await client.GET("/v1/fleets/{fleet}/providers", {
        params: { path: { fleet: await fleet() } },
        signal,
      });
  await print.list(data?.items ?? [], columns, {
    toJson: (provider) => provider,
    id: (provider) => provider.id,
    emptyNote: isShared
      ? "The installation shares no provider. Type: cmdop providers add NAME --platform < KEY-FILE"
      : "The fleet brought no provider. Type: cmdop providers add NAME < KEY-FILE",
  });
  return exitCodes.done;
};
