import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { localControlError } from "../local-control.ts";

export const run = async ({ home, print }: Context): Promise<number> => {
  const socket = path.join(home, "control", "control.sock");
  const answer = await askLocalControl(socket, "POST", "/local/v1/setup-codes").catch((cause: unknown) => {
    if (!(cause instanceof Failure) || cause.code !== "gone") throw localControlError(cause, socket);
    throw new CliError({
      what: "there is an owner already",
      why: "The address would make the first one.",
      next: "To sign in as the owner here, type: cmdop control sign-in-code",
      code: "gone",
      cause,
    });
  });
  if (print.isJson) await print.json(answer);
  else await print.line(String(answer.url));
  print.note(`Open it in a browser to make the owner. Good once, until ${String(answer.expiresAt)}.`);
  return exitCodes.done;
};
