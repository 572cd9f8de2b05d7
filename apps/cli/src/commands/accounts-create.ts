import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toInstallationRole } from "../options/installation-role.ts";

export const run = async ({
  arguments: [email = ""],
  control,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.POST("/v1/accounts", {
    body: {
      email,
      name: options.text("name") ?? email,
      installationRole: toInstallationRole(options.text("role")) ?? "member",
    },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else {
    await print.line(data.passwordReset.url);
    print.note(
      `Give this address to ${data.account.email}: whoever opens it first, until ${data.passwordReset.expiresAt}, chooses the password.`,
    );
    print.note(`They are in no fleet yet. Type: cmdop members invite ${data.account.email}`);
  }
  return exitCodes.done;
};
