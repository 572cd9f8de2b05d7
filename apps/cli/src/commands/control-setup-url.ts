import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { localControlError } from "../local-control.ts";

export const run = async ({ home, print }: Context): Promise<number> => {
  const socket = path.join(home, "control", "control.sock");
  const answer = await askLocalControl(socket, "POST", "/local/v1/setup-codes").catch((cause: unknown) => {
    throw localControlError(cause, socket);
  });
  if (print.isJson) await print.json(answer);
  else await print.line(String(answer.url));
  print.note(`Open it in a browser to make the owner. Good once, until ${String(answer.expiresAt)}.`);
  return exitCodes.done;
};
