import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { ifMatch } from "../if-match.ts";
import { readProviderHeaders } from "../input/provider-headers-input.ts";
import { readProviderKeys } from "../input/provider-keys-input.ts";
import { givenFields } from "../options/given-fields.ts";
import { changeModels, parseProviderModel } from "../options/provider-models.ts";
import { findProvider, openProvidersPlace } from "../providers-place.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    options,
    print,
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
      headers: headersFile === undefined ? undefined : await readProviderHeaders(context, headersFile, file),
    },
    "providers update",
  );
  const place = await openProvidersPlace(context);
  const found = await findProvider(place, wanted);
  const body = isChanged ? { ...fields, models: changeModels(found.models, change) } : fields;
  const { data } = await place.update(found.id, ifMatch(found), body);
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
