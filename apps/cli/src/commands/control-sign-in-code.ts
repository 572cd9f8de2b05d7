import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { localControlError } from "../local-control.ts";

export const run = async ({ home, options, print }: Context): Promise<number> => {
  const email = options.text("email");
  const socket = path.join(home, "control", "control.sock");
  const answer = await askLocalControl(socket, "POST", "/local/v1/sign-in-codes", {
    body: email === undefined ? {} : { email },
  }).catch((cause: unknown) => {
    throw localControlError(cause, socket);
  });
  if (print.isJson) await print.json(answer);
  else await print.line(String(answer.url));
  print.note(`Good once, until ${String(answer.expiresAt)}.`);
  return exitCodes.done;
};
