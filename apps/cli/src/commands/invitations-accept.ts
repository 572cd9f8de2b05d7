import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readStdin } from "../input/stdin.ts";

const codeBytesMax = 256;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [given = "-"],
    control,
    print,
    signal,
  } = context;
  const code =
    given === "-"
      ? (await readStdin(context, { what: "the code", bytesMax: codeBytesMax })).toString().trim()
      : given;
  if (code === "") {
    throw usageError(
      "No code was given.",
      "Type: cmdop invitations accept CODE, or give it by standard input",
    );
  }
  const client = await control();
  const { data } = await client.POST("/v1/invitations/accept", { body: { code }, signal });
  if (!data) return exitCodes.done;
  if (print.isJson) await print.json(data);
  else print.note(`You are in ${data.fleetSlug} now. Type: cmdop fleets use ${data.fleetSlug}`);
  return exitCodes.done;
};
