import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findIdentityProvider } from "../find/find-identity-provider.ts";
import { ifMatch } from "../if-match.ts";
import { readSecret } from "../input/secret-input.ts";
import { toYesNo } from "../options/yes-no.ts";
import { printIdentityProvider } from "../output/identity-provider-text.ts";

const usage = "cmdop identity-providers update PROVIDER --secret-file - < secret.txt";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    options,
    signal,
  } = context;
  const scopes = options.list("scope");
  const secretFile = options.text("secret-file");
  if (secretFile !== undefined && options.flag("no-secret"))
    throw usageError("A client has a secret or none.", "Give one of --secret-file and --no-secret.");
  const clientSecret =
    secretFile === undefined ? undefined : await readSecret(context, secretFile, { usage });
  const fields = Object.entries({
    name: options.text("name"),
    clientId: options.text("client-id"),
    clientSecret: options.flag("no-secret") ? null : clientSecret,
    scopes: scopes.length === 0 ? undefined : scopes,
    groupsClaim: options.text("groups-claim"),
    signUp: toYesNo(options.text("sign-up")),
    mfaTrusted: toYesNo(options.text("mfa-trusted")),
    isEnabled: toYesNo(options.text("enabled")),
  }).filter(([, value]) => value !== undefined);
  if (fields.length === 0)
    throw usageError("There is nothing to change.", "Type: cmdop identity-providers update --help");
  const client = await control();
  const provider = await findIdentityProvider(client, wanted, signal);
  const { data } = await client.PATCH("/v1/identity-providers/{provider}", {
    params: { path: { provider: provider.id } },
    headers: ifMatch(provider),
    body: Object.fromEntries(fields),
    signal,
  });
  if (data) await printIdentityProvider(context, data);
  return exitCodes.done;
};
