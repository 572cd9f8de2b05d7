import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toPastTime } from "../options/past-time.ts";
import { machineIds } from "../options/schedule-options.ts";
import { catalogueColumns } from "../output/catalogue-columns.ts";
import { sessionColumns } from "../output/session-columns.ts";

export const run = async (context: Context): Promise<number> => {
  const { client, io, options, print, signal } = context;
  if (["catalogue", "search", "since"].some((name) => options.has(name))) return listCatalogue(context);
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

const countDefault = 50;

/** What the control plane remembers, newest first. */
const listCatalogue = async (context: Context): Promise<number> => {
  const { control, fleet, io, options, print, signal } = context;
  const named = options.text("machine");
  const [machine] = named === undefined ? [] : await machineIds(context, [named]);
  const since = toPastTime(options.text("since"), "--since", io.wallMs());
  const q = options.text("search");
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/sessions", {
    params: {
      path: { fleet: await fleet() },
      query: {
        limit: options.number("count") ?? countDefault,
        ...(q === undefined ? {} : { q }),
        ...(machine === undefined ? {} : { machine }),
        ...(since === undefined ? {} : { since }),
      },
    },
    signal,
  });
  await print.list(data?.items ?? [], catalogueColumns, {
    toJson: (session) => session,
    id: (session) => session.id,
    emptyNote: "The catalogue has no such session.",
  });
  if (data?.nextCursor) print.note("There are more: --count, --since or --search.");
  return exitCodes.done;
};
