import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findPasskey } from "../find/find-passkey.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const { id, name } = await findPasskey(client, wanted, signal);
  await confirmOrThrow(context, {
    effect: "Nobody signs in with it from then on.",
    question: `Remove the passkey ${name} (${id})?`,
  });
  await client.DELETE("/v1/account/passkeys/{passkey}", { params: { path: { passkey: id } }, signal });
  print.note(`${name} is removed. Delete it on its device too, or that offers it on.`);
  return exitCodes.done;
};
