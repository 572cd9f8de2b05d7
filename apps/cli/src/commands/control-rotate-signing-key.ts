import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const { control, options, print, signal } = context;
  if (options.flag("withdraw")) return withdraw(context);
  const client = await control();
  const { data: key } = await client.POST("/v1/signing-keys", { signal });
  if (print.isJson) await print.json(key);
  else await print.line(key?.id ?? "");
  print.note(`It signs from ${key?.signsFrom}, when every relay has it. Until then the one before it does.`);
  return exitCodes.done;
};

const withdraw = async (context: Context): Promise<number> => {
  const { control, print, signal } = context;
  await confirmOrThrow(context, {
    effect:
      "Every signing key of now is shut out: links and attachments that were opened with what one signed end. " +
      "Machines come back by themselves.",
    question: "Shut out every signing key of now, and end what was opened with what one signed?",
  });
  const client = await control();
  const { data } = await client.POST("/v1/signing-keys/withdrawal", { signal });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else await print.line(data.key.id);
  print.note(
    `It signs from now on. ${data.withdrawn.length} withdrawn. Whoever took one may have opened sessions with it: look at ` +
      "cmdop sessions --catalogue. Who can still read the control plane's files has the new one too.",
  );
  return exitCodes.done;
};
