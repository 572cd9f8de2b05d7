import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const { control, print, signal } = context;
  await confirmOrThrow(context, {
    effect: "Every other browser and terminal of yours is signed out, and what is live with them ends.",
    question: "Sign out everywhere but here?",
  });
  const client = await control();
  const { data } = await client.POST("/v1/account/logins/end-others", { signal });
  if (print.isJson) await print.json(data);
  print.note(`${data?.ended} signed out.`);
  return exitCodes.done;
};
