import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readProviderHeaders } from "../provider-headers-input.ts";
import { readProviderKeys } from "../provider-keys-input.ts";
import { parseProviderModel } from "../provider-models.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    control,
    fleet,
    options,
    print,
    signal,
  } = context;
  const keys = options.flag("no-key") ? [] : await readProviderKeys(context, options.text("key-file") ?? "-");
  const headersFile = options.text("headers-file");
  const headers = headersFile === undefined ? {} : await readProviderHeaders(context, headersFile);
  const kind = options.text("kind") === "openrouter" ? "openrouter" : "openai";
  const models = options.list("model").map(parseProviderModel);
  const client = await control();
  const body = {
    name,
    kind,
    baseUrl: options.text("url") ?? null,
    keys,
    headers,
    models: models.length === 0 ? null : models,
  } as const;
  const { data } = options.flag("platform")
    ? await client.POST("/v1/providers", { body, signal })
    : await client.POST("/v1/fleets/{fleet}/providers", {
        params: { path: { fleet: await fleet() } },
        body,
        signal,
      });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else if (print.isQuiet) await print.line(data.id);
  else print.note(`Requests reach it as ${data.name}/${models[0]?.id ?? "MODEL"}.`);
  return exitCodes.done;
};
