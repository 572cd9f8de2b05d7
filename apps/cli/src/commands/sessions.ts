import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { catalogueColumns } from "../output/catalogue-columns.ts";
import { sessionColumns } from "../output/session-columns.ts";
import { machineIds } from "../schedule-options.ts";

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
  const since = sinceOf(options.text("since"), io.wallMs());
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

const sinceMsMax = 3650 * 86_400_000;

/** `7d` ago, or a time or day as people write it. */
const sinceOf = (text: string | undefined, nowMs: number): string | undefined => {
  if (text === undefined) return undefined;
  const atMs = /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(text)
    : nowMs - parseDuration(text, "--since", sinceMsMax);
  if (Number.isNaN(atMs)) throw usageError(`--since ${text} is no time.`, "For example: 7d, or 2027-03-01");
  return new Date(atMs).toISOString();
};
