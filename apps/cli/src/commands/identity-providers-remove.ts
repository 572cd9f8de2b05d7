import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findIdentityProvider } from "../find/find-identity-provider.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const provider = await findIdentityProvider(client, wanted, signal);
  await confirmOrThrow(context, {
    effect: "Nobody signs in there any more, and its links to accounts are gone.",
    question: `Remove ${provider.name} (${provider.issuer}) and its links to accounts?`,
  });
  await client.DELETE("/v1/identity-providers/{provider}", {
    params: { path: { provider: provider.id } },
    signal,
  });
  print.note(`${provider.slug} is removed.`);
  return exitCodes.done;
};
