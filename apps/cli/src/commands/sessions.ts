import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { sessionColumns } from "../output/session-columns.ts";

export const run = async ({ client, io, options, print, signal }: Context): Promise<number> => {
  const machine = options.text("machine");
  const sessions = await (await client()).sessions.list({
    ended: options.flag("all"),
    signal,
    ...(machine === undefined ? {} : { machine }),
  });
  await print.list(sessions, sessionColumns(io.wallMs()), {
    toJson: (session) => session,
    id: (session) => session.id,
    emptyNote: "No sessions. Type: cmdop new",
  });
  return exitCodes.done;
};
