import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { resolveSession } from "../find/session-reference.ts";
import { sessionState } from "../output/session-columns.ts";

export const run = async ({
  arguments: [name = ""],
  client,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const opened = await client();
  const graceMs = options.number("grace");
  const session = await opened.close(await resolveSession(opened, name, signal), {
    forget: options.flag("forget"),
    signal,
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  if (print.isJson) await print.json(session);
  else if (print.isQuiet) await print.line(session.id);
  else {
    const label = toDisplayText(session.name, 64) || session.id;
    const state = sessionState(session);
    // What is told to end may take its grace to do so.
    const said = options.flag("forget") ? "is forgotten" : state === "live" ? "is told to end" : state;
    await print.line(`${label} ${said}`);
  }
  return exitCodes.done;
};
