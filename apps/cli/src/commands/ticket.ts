import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { resolveSession } from "../find/session-reference.ts";
import { toDurationText } from "../options/duration.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    client,
    io,
    options,
    print,
    signal,
  } = context;
  const opened = await client();
  const validMs = options.number("ttl");
  const session = await resolveSession(opened, name, signal);
  const ticket = await opened.ticket(session, options.flag("observer") ? "observer" : "operator", {
    signal,
    ...(validMs === undefined ? {} : { validMs }),
  });
  const { relays, caPin } = context.settings();
  if (print.isJson) {
    await print.json({ ...ticket, relays, caPin: caPin ?? null });
    return exitCodes.done;
  }
  await print.line(ticket.token);
  const expires = toDurationText(ticket.expiresAtMs - io.wallMs());
  const may = ticket.role === "observer" ? "watch" : "write to";
  print.note(
    `Whoever has it may ${may} ${toDisplayText(name, 64)}; it must be presented within ${expires}.\n` +
      "There, type: cmdop attach --ticket-stdin (and paste it, then Ctrl-D)",
  );
  return exitCodes.done;
};
