import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readSecret } from "../input/secret-input.ts";
import { printIdentityProvider } from "../output/identity-provider-text.ts";

const usage = "cmdop identity-providers add SLUG ISSUER --client-id ID < secret.txt";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [slug = "", issuer = ""],
    control,
    options,
    print,
    signal,
  } = context;
  const clientId = options.text("client-id");
  if (clientId === undefined)
    throw usageError("Say what the provider calls you: --client-id.", `Type: ${usage}`);
  const scopes = options.list("scope");
  const clientSecret = options.flag("no-secret")
    ? undefined
    : await readSecret(context, options.text("secret-file") ?? "-", { usage });
  const client = await control();
  const { data } = await client.POST("/v1/identity-providers", {
    body: {
      slug,
      issuer,
      clientId,
      name: options.text("name") ?? slug,
      scopes: scopes.length === 0 ? ["openid", "email", "profile"] : [...scopes],
      groupsClaim: options.text("groups-claim") ?? "groups",
      signUp: options.flag("sign-up"),
      mfaTrusted: options.flag("mfa-trusted"),
      ...(clientSecret === undefined ? {} : { clientSecret }),
    },
    signal,
  });
  if (!data) return exitCodes.failed;
  await printIdentityProvider(context, data);
  print.note(
    "Enter the redirect URI at the provider. A group gives a role with: cmdop identity-providers set-group",
  );
  return exitCodes.done;
};
