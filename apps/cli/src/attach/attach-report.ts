import { toDisplayText } from "@cmdop/base";
import type { Attachment, AttachOptions, Client, SessionReference } from "@cmdop/sdk";
import { CliError, toCliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { type ExitCode, executionExitCode, exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { attachTerminal } from "./attach-terminal.ts";
import { endWords } from "./attach-words.ts";
import { defaultLeader, type Leader, parseLeader } from "./leader.ts";

/** Bytes on their way to this terminal: what a ^C has to wait for on a slow one. */
const creditBytes = 262_144;

export const readLeader = (context: Context): Leader | undefined => {
  const text = context.options.text("escape") ?? context.io.env.CMDOP_ESCAPE;
  if (!text) return defaultLeader;
  try {
    return parseLeader(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw usageError(
      `The escape key "${toDisplayText(text, 20)}" ${cause.message}.`,
      "Type: cmdop attach --help",
    );
  }
};

export const assertTerminal = (
  io: Io,
  next = "Use cmdop send, read and wait instead, or exec for a command.",
): void => {
  if (io.stdin.isTTY && io.stdout.isTTY) return;
  throw new CliError({
    what: "cannot attach here",
    why: "Standard input and output must be a terminal.",
    next,
    code: "invalid_argument",
  });
};

export interface AttachRequest {
  readonly client: Client;
  readonly session: SessionReference;
  readonly leader: Leader | undefined;
  readonly isView: boolean;
  readonly isTake: boolean;
}

const label = ({ session }: Attachment): string =>
  `${toDisplayText(session.machineName, 64)}/${toDisplayText(session.name, 64) || session.id}`;

const entryLine = (attachment: Attachment, leader: Leader | undefined): string => {
  const others = attachment.participants.filter((participant) => !participant.isSelf).length;
  const watching = others === 0 ? "" : ` · ${others} more attached`;
  const detach = leader ? ` · detach: ${leader.label} d` : "";
  return `attached ${label(attachment)} · you: ${attachment.role}${watching}${detach}`;
};

/** Attaches this terminal, and says afterwards how it ended. */
export const attachAndReport = async (context: Context, request: AttachRequest): Promise<ExitCode> => {
  const { io, print, signal } = context;
  const { client, leader, isView } = request;
  const attach = (session: SessionReference, more: AttachOptions = {}): Promise<Attachment> =>
    client.attach(session, {
      creditBytes,
      ...(isView
        ? { role: "observer" as const }
        : { viewport: { cols: io.stdout.columns || 80, rows: io.stdout.rows || 24 } }),
      ...more,
    });
  const attachment = await attach(request.session, { signal });
  const { session } = attachment;
  if (io.env.CMDOP_SESSION === session.id) {
    await attachment.detach();
    throw new CliError({
      what: "cannot attach here",
      why: "This terminal is inside that very session: its output would be its own input.",
      next: "Attach from another window, or to another session: cmdop sessions",
      code: "invalid_argument",
      exitCode: exitCodes.failed,
    });
  }
  if (request.isTake) await attachment.takeLease({ signal });
  const name = label(attachment);
  io.stdout.write(`${print.style.dim(entryLine(attachment, leader))}\n`);
  context.ownSignals();
  const outcome = await attachTerminal({
    io,
    attachment,
    reattach: (viewport) =>
      attach(isTicket(request.session) ? request.session : session.id, isView ? {} : { viewport }),
    leader,
    isView,
  });
  switch (outcome.kind) {
    case "detached":
      print.note(
        `detached, still running. Type: cmdop attach ${toDisplayText(session.name, 64) || session.id}`,
      );
      return exitCodes.done;
    case "ended": {
      const { exit } = outcome;
      print.note(`${name} ${endWords(exit)}`);
      return executionExitCode(exit);
    }
    case "signal":
      return { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 }[outcome.name];
    case "failed":
      throw toCliError(outcome.failure, `detached from ${name}`);
  }
};

const isTicket = (session: SessionReference): boolean => typeof session === "object" && "token" in session;
