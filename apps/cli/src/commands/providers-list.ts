import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { openProvidersPlace } from "../providers-place.ts";

const columns: readonly Column<ControlSchemas["Provider"]>[] = [
  { header: "NAME", value: (provider) => provider.name, isWhole: true },
  { header: "KIND", value: (provider) => provider.kind, isWhole: true },
  { header: "KEYS", value: (provider) => String(provider.keys), isWhole: true },
  {
    header: "MODELS",
    value: ({ models }) => (models === null ? "any" : String(models.length)),
    isWhole: true,
  },
  { header: "OF", value: (provider) => provider.owner, isWhole: true },
  { header: "URL", value: (provider) => provider.baseUrl ?? "-" },
  { header: "ID", value: (provider) => provider.id, isWhole: true },
];

export const run = async (context: Context): Promise<number> => {
  const place = await openProvidersPlace(context);
  const { data } = await place.list();
  await context.print.list(data?.items ?? [], columns, {
    toJson: (provider) => provider,
    id: (provider) => provider.id,
    emptyNote: `${place.title} no provider. Type: cmdop providers add NAME${place.option} < KEY-FILE`,
  });
  return exitCodes.done;
};
