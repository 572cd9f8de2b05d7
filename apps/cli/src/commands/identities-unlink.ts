import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.GET("/v1/account/identities", { signal });
  const provider = data?.items
    .map((identity) => identity.provider)
    .find(({ id, slug }) => id === wanted || slug === wanted);
  if (!provider) {
    throw new CliError({
      what: "nothing to unlink",
      why: `No identity at ${wanted} is linked to your account.`,
      next: "Type: cmdop identities list",
      code: "not_found",
    });
  }
  await confirmOrThrow(context, {
    effect: "What its groups gave you, and your other logins by a provider, end.",
    question: `Sign in from ${provider.name} no more?`,
  });
  await client.DELETE("/v1/account/identities/{provider}", {
    params: { path: { provider: provider.id } },
    signal,
  });
  print.note(`${provider.slug} is unlinked.`);
  return exitCodes.done;
};
