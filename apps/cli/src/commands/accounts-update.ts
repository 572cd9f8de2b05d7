import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findAccount } from "../find/find-account.ts";
import { ifMatch } from "../if-match.ts";
import { givenFields } from "../options/given-fields.ts";
import { toInstallationRole } from "../options/installation-role.ts";
import { toYesNo } from "../options/yes-no.ts";

export const run = async ({
  arguments: [wanted = ""],
  control,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const isEnabled = toYesNo(options.text("enabled"));
  const body = givenFields(
    {
      name: options.text("name"),
      installationRole: toInstallationRole(options.text("role")),
      isDisabled: isEnabled === undefined ? undefined : !isEnabled,
    },
    "accounts update",
  );
  const client = await control();
  const account = await findAccount(client, wanted, signal);
  const { data } = await client.PATCH("/v1/accounts/{account}", {
    params: { path: { account: account.id } },
    headers: ifMatch(account),
    body,
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else {
    const state = data.disabledAt === null ? "" : ", disabled: what it was signed in with is refused";
    print.note(`${data.email} is ${data.name}, ${data.installationRole} of the installation${state}.`);
  }
  return exitCodes.done;
};
