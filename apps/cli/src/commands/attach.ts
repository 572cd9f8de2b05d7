import { toDisplayText } from "@cmdop/base";
import type { Client } from "@cmdop/sdk";
import { assertTerminal, attachAndReport, readLeader } from "../attach/attach-report.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { resolveSession } from "../find/session-reference.ts";
import { readTicket } from "../input/ticket-input.ts";
import { sessionCommand } from "../output/session-columns.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name],
    options,
  } = context;
  const leader = readLeader(context);
  const request = { leader, isView: options.flag("view"), isTake: options.flag("take") };
  if (request.isView && request.isTake)
    throw usageError("--view and --take exclude each other.", "Leave one out.");
  if (options.flag("ticket-stdin")) {
    if (name !== undefined) throw usageError("A ticket names its session.", "Leave out the session.");
    const { client, ticket, io } = await readTicket(context);
    try {
      assertTerminal(io);
      return await attachAndReport({ ...context, io }, { client, session: ticket, ...request });
    } finally {
      await client.dispose();
    }
  }
  assertTerminal(context.io);
  const client = await context.client();
  const session =
    name === undefined ? await choose(context, client) : await resolveSession(client, name, context.signal);
  return attachAndReport(context, { client, session, ...request });
};

const choose = async ({ io, signal }: Context, client: Client): Promise<string> => {
  const listed = await client.sessions.list({ signal });
  const sessions = listed.filter(
    (session) => session.id !== io.env.CMDOP_SESSION && session.kind === "terminal",
  );
  const [only, ...others] = [...sessions].sort((a, b) => b.activeAtMs - a.activeAtMs);
  if (!only) {
    throw new CliError({
      what: "nothing to attach to",
      why: "There is no live session that this token may see.",
      next: "Type: cmdop new",
      code: "session_not_found",
    });
  }
  if (others.length === 0) return only.id;
  const { isCancel, select } = await import("@clack/prompts");
  const chosen = await select({
    message: "Attach to which session?",
    options: [only, ...others].map((session) => ({
      value: session.id,
      label: `${toDisplayText(session.machineName, 40)}/${toDisplayText(session.name, 40) || session.id}`,
      hint: `${sessionCommand(session)}, ${session.attachments} attached`,
    })),
    maxItems: 15,
  });
  if (isCancel(chosen)) {
    throw new CliError({
      what: "nothing chosen",
      why: "You left the list.",
      next: "Type: cmdop attach SESSION",
      code: "cancelled",
    });
  }
  return chosen;
};
