import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findProvider } from "../find-provider.ts";
import { givenFields } from "../given-fields.ts";
import { ifMatch } from "../if-match.ts";
import { readProviderHeaders } from "../provider-headers-input.ts";
import { readProviderKeys } from "../provider-keys-input.ts";
import { changeModels, parseProviderModel } from "../provider-models.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    options,
    print,
    signal,
  } = context;
  const file = options.text("key-file");
  const change = {
    added: options.list("model").map(parseProviderModel),
    removed: options.list("remove-model"),
  };
  const isChanged = change.added.length + change.removed.length > 0;
  if (isChanged && options.flag("any-model")) {
    throw usageError("--any-model takes the list away.", "Leave it, or --model and --remove-model, out.");
  }
  const headersFile = options.text("headers-file");
  const fields = givenFields(
    {
      baseUrl: options.text("url"),
      keys: file === undefined ? undefined : await readProviderKeys(context, file),
      models: isChanged || options.flag("any-model") ? null : undefined,
      headers: headersFile === undefined ? undefined : await readProviderHeaders(context, headersFile),
    },
    "providers update",
  );
  const client = await control();
  const fleet = options.flag("platform") ? undefined : await context.fleet();
  const found = await findProvider(client, fleet, wanted, signal);
  const body = isChanged ? { ...fields, models: changeModels(found.models, change) } : fields;
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
  else {
    const models = data.models === null ? "takes any model" : `has ${countOf(data.models.length, "model")}`;
    print.note(
      `${data.name} has ${countOf(data.keys, "key")} and ${models}; the router has it within a second.`,
    );
  }
  return exitCodes.done;
};

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
