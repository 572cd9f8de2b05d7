import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { keyColumns } from "../output/key-text.ts";

type Key = ControlSchemas["Key"];

export const run = async ({ control, fleet, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const state = options.flag("all") ? "any" : "live";
  const keys = await readAll<Key>((page) =>
    client.GET("/v1/fleets/{fleet}/keys", { params: { path, query: { ...page, state } }, signal }),
  );
  await print.list(keys, keyColumns, {
    toJson: (key) => key,
    id: (key) => key.id,
    emptyNote: "There are no live keys. Type: cmdop keys create NAME",
  });
  return exitCodes.done;
};
