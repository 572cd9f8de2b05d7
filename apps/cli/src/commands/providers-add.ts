import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readProviderHeaders } from "../input/provider-headers-input.ts";
import { readProviderKeys } from "../input/provider-keys-input.ts";
import { providerKinds } from "../options/provider-kinds.ts";
import { parseProviderModel } from "../options/provider-models.ts";
import { openProvidersPlace } from "../providers-place.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    options,
    print,
  } = context;
  const keyFile = options.flag("no-key") ? undefined : (options.text("key-file") ?? "-");
  const headersFile = options.text("headers-file");
  const headers = headersFile === undefined ? {} : await readProviderHeaders(context, headersFile, keyFile);
  const keys = keyFile === undefined ? [] : await readProviderKeys(context, keyFile);
  const kind = providerKinds.find((each) => each === options.text("kind")) ?? "openai";
  const models = options.list("model").map(parseProviderModel);
  const place = await openProvidersPlace(context);
  const { data } = await place.create({
    name,
    kind,
    baseUrl: options.text("url") ?? null,
    keys,
    headers,
    models: models.length === 0 ? null : models,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else if (print.isQuiet) await print.line(data.id);
  else if (kind === "serper" || kind === "searxng") print.note(`Searches of the web go to ${data.name}.`);
  else print.note(`Requests reach it as ${data.name}/${models[0]?.id ?? "MODEL"}.`);
  return exitCodes.done;
};
