import path from "node:path";
import { initRelayHome } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ home, options, print }: Context): Promise<number> => {
  const directory = path.join(home, "relay");
  const relay = await initRelayHome(directory, options.list("name"));
  if (print.isJson) {
    await print.json({ directory, pin: relay.pin, made: relay.made });
    return exitCodes.done;
  }
  if (print.isQuiet) {
    await print.line(relay.pin);
    return exitCodes.done;
  }
  await print.line(`home         ${directory}`);
  await print.line(
    `made         ${relay.made.length > 0 ? relay.made.join(", ") : "nothing: all was there"}`,
  );
  await print.line(`fingerprint  ${relay.pin}`);
  print.note("Type: cmdop relay start, then cmdop token mint --operator NAME");
  return exitCodes.done;
};
