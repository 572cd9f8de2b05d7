import path from "node:path";
import { readRelayPin } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ home, print }: Context): Promise<number> => {
  const pin = await readRelayPin(path.join(home, "relay"));
  if (print.isJson) await print.json({ pin });
  else await print.line(pin);
  return exitCodes.done;
};
