import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findProvider } from "../find-provider.ts";
import { givenFields } from "../given-fields.ts";
import { ifMatch } from "../if-match.ts";
import { readProviderKeys } from "../provider-keys-input.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    options,
    print,
    signal,
  } = context;
  const file = options.text("key-file");
  const body = givenFields(
    {
      baseUrl: options.text("url"),
      keys: file === undefined ? undefined : await readProviderKeys(context, file),
    },
    "providers update",
  );
  const client = await control();
  const fleet = options.flag("platform") ? undefined : await context.fleet();
  const found = await findProvider(client, fleet, wanted, signal);
  const headers = ifMatch(found);
  const { data } =
    fleet === undefined
      ? await client.PATCH("/v1/providers/{provider}", {
          params: { path: { provider: found.id } },
          headers,
          body,
          signal,
        })
      : await client.PATCH("/v1/fleets/{fleet}/providers/{provider}", {
          params: { path: { fleet, provider: found.id } },
          headers,
          body,
          signal,
        });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else
    print.note(
      `${data.name} has ${data.keys} key${data.keys === 1 ? "" : "s"}; the router has it within a second.`,
    );
  return exitCodes.done;
};
