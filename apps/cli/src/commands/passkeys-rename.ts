import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findPasskey } from "../find/find-passkey.ts";

export const run = async ({
  arguments: [wanted = "", name = ""],
  control,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const { id } = await findPasskey(client, wanted, signal);
  const { data } = await client.PATCH("/v1/account/passkeys/{passkey}", {
    params: { path: { passkey: id } },
    body: { name },
    signal,
  });
  if (print.isJson) await print.json(data);
  print.note(`${id} is ${data?.name ?? name}.`);
  return exitCodes.done;
};
