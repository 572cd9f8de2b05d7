// The proof, once more, of who one is: what the API asks for before what nobody must do with a terminal left open.
import type { Context } from "../context.ts";
import { askSecrets } from "../input/secret-prompt.ts";

/** Gives when the sign-in was renewed. */
export const confirmSignIn = async (
  context: Pick<Context, "control" | "io" | "print" | "signal">,
): Promise<{ readonly signedInAt: string } | undefined> => {
  const [password = "", code = ""] = await askSecrets(context, [
    { message: "Your password" },
    {
      message: "A code of your authenticator app, or a backup code; nothing without an app",
      isOptional: true,
    },
  ]);
  const client = await context.control();
  const { data } = await client.POST("/v1/sign-in/confirm", {
    body: { password, ...(code === "" ? {} : { factor: toFactor(code.trim()) }) },
    signal: context.signal,
  });
  return data;
};

const toFactor = (code: string) =>
  /^\d{3} ?\d{3}$/.test(code) ? ({ kind: "totp", code } as const) : ({ kind: "backup_code", code } as const);
