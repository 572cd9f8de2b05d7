import { Failure, systemClock, toDisplayText } from "@cmdop/base";
import type { Attachment, Exit, OutputItem, StartOptions } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { ExecOutput } from "../exec-output.ts";
import { forwardSignals } from "../exec-signals.ts";
import { type ExitCode, executionExitCode, exitCodes } from "../exit-codes.ts";
import type { Input } from "../io.ts";
import { toDurationText } from "../options/duration.ts";
import { parseEnv } from "../options/env-option.ts";
import { Patience } from "../patience.ts";

const patienceMsDefault = 60_000;
/** How long the end of a command that nobody reads any more is waited for. */
const endMs = 2_000;

export const run = async (context: Context): Promise<ExitCode> => {
  const { client, io, options, print, signal } = context;
  const opened = await client();
  const patience = new Patience(options.number("patience") ?? patienceMsDefault, systemClock);
  const hasStdin = io.stdin.isTTY !== true;
  const attachment = await opened.start(
    { ...toStart(context), stdin: hasStdin, signal },
    { mode: "lossless", from: 0, onEvent: (event) => patience.watch(event), signal: patience.signal },
  );
  const { id } = attachment.session;
  context.ownSignals();
  const stopForwarding = forwardSignals({
    io,
    attachment,
    end: () => opened.close(id),
    leave: () => patience.giveUp("left"),
    note: (text) => print.note(text),
  });
  const stopReading = io.onReaderGone(() => patience.giveUp("unread"));
  const output = new ExecOutput(io, print.isJson);
  if (hasStdin) void pumpInput(io.stdin, attachment);
  try {
    const exit = await readAll(attachment, output, patience.signal, (text) => print.note(text));
    return await finish(context, attachment, output, exit);
  } catch (cause) {
    if (patience.reason === "unread" || isBrokenPipe(cause)) {
      // As a pipe does here: what goes on writing is ended, and not left running with nobody to read it.
      await opened.close(id, { timeoutMs: endMs }).catch(() => undefined);
      return exitCodes.unread;
    }
    if (patience.reason === "left") {
      print.note(`left; it may still run. Type: cmdop close ${id}`);
      return exitCodes.interrupted;
    }
    return lost(context, id, cause);
  } finally {
    patience.stop();
    stopForwarding();
    stopReading();
    io.stdin.pause();
    await attachment.detach();
  }
};

/** Stdout or stderr: only the former has a handler. */
const isBrokenPipe = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "EPIPE" || cause.code === "EIO");

const toStart = ({ argv, arguments: [machine], options }: Context): StartOptions => {
  const name = options.text("name");
  const cwd = options.text("cwd");
  const timeoutMs = options.number("timeout");
  return {
    kind: "command",
    argv,
    env: parseEnv(options.list("env")),
    waitForReader: true,
    ...(machine ? { machine } : {}),
    ...(name ? { name } : {}),
    ...(cwd ? { cwd } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
};

/** Draws everything, in order, as slowly as it is read here. */
const readAll = async (
  attachment: Attachment,
  output: ExecOutput,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Exit> => {
  for (;;) {
    const item: OutputItem | undefined = await attachment.read({ signal });
    if (item === undefined) throw new Failure("connection_lost");
    if (item.kind === "exit") return item.exit;
    if (item.kind === "output") await output.write(item.channel, item.bytes);
    if (item.kind === "gap") {
      // Said at once, and how much at the end: a gap may come in many pieces.
      if (output.missingBytes === 0) note(`output is missing from byte ${item.from} on (${item.reason})`);
      output.missingBytes += item.to - item.from;
    }
  }
};

const pumpInput = async (stdin: Input, attachment: Attachment): Promise<void> => {
  try {
    for await (const chunk of stdin) {
      await attachment.write(typeof chunk === "string" ? chunk : new Uint8Array(chunk), {
        maxAgeMs: Number.POSITIVE_INFINITY,
      });
    }
    await attachment.endInput();
  } catch {
    // It reads no more: as with a pipe whose reader has gone. How it ended is told by its exit.
  }
};

const finish = async (
  { options, print }: Context,
  attachment: Attachment,
  output: ExecOutput,
  exit: Exit,
): Promise<ExitCode> => {
  const { session } = attachment;
  if (exit.reason === "lost") throw new Failure("host_unavailable", "How it ended is not known.");
  // Whoever relies on the output must not take a part for the whole.
  const isPart = output.missingBytes > 0 && toCode(exit) === exitCodes.done;
  const code = isPart ? exitCodes.unreachable : toCode(exit);
  if (output.missingBytes > 0) print.note(`${output.missingBytes} bytes of the output are missing`);
  if (print.isJson) {
    await print.json({
      session: session.id,
      machine: session.machineName,
      code: exit.code,
      signal: exit.signal,
      reason: exit.reason,
      exitCode: code,
      ...output.collected(),
      durationMs: exit.atMs > 0 ? Math.max(0, exit.atMs - session.createdAtMs) : null,
    });
  }
  if (exit.reason === "timeout") {
    print.note(`ended after ${toDurationText(options.number("timeout") ?? 0)} (--timeout)`);
  }
  return code;
};

const toCode = (exit: Exit): ExitCode => {
  if (exit.reason === "timeout") return exitCodes.timedOut;
  return exit.reason === "failed" ? exitCodes.execFailed : executionExitCode(exit);
};

/** Started and out of reach: programs read the line, people the rest. */
const lost = ({ io, print }: Context, session: string, cause: unknown): ExitCode => {
  const why = cause instanceof Error ? toDisplayText(cause.message) : "The connection was lost.";
  io.stderr.write(`${JSON.stringify({ lost: true, session })}\n`);
  print.note(`${why} It may still run. Type: cmdop read ${session} --follow`);
  return exitCodes.unreachable;
};
