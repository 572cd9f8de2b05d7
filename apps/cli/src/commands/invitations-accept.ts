import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readStdin } from "../stdin.ts";

const codeBytesMax = 256;

export const run = async ({
  arguments: [given = "-"],
  control,
  io,
  print,
  signal,
}: Context): Promise<number> => {
  const code = given === "-" ? (await readStdin(io.stdin, codeBytesMax)).toString("utf8").trim() : given;
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
