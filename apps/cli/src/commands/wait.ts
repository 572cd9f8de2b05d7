import { Failure } from "@cmdop/base";
import type { WaitOptions } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { type ExitCode, executionExitCode, exitCodes } from "../exit-codes.ts";
import { resolveSession } from "../find/session-reference.ts";
import { noteOutages } from "../outage-note.ts";

export const run = async (context: Context): Promise<ExitCode> => {
  const {
    arguments: [name = ""],
    client,
    options,
    print,
    signal,
  } = context;
  const patterns = options.list("for").map((text) => (options.flag("fixed") ? text : toPattern(text)));
  const idleMs = options.number("idle");
  const timeoutMs = options.number("timeout");
  if (patterns.length === 0 && idleMs === undefined && !options.flag("exit")) {
    throw usageError("There is nothing to wait for.", "Give --for PATTERN, --idle DURATION or --exit.");
  }
  const wait: WaitOptions = {
    exit: options.flag("exit"),
    signal,
    ...(patterns.length === 0 ? {} : { pattern: patterns }),
    ...(idleMs === undefined ? {} : { idleMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const opened = await client();
  const session = await opened.sessions.get(await resolveSession(opened, name, signal), { signal });
  const { waitFor } = await import("@cmdop/sdk");
  const from = options.number("from") ?? session.offset;
  if (from > session.offset) throw new Failure("offset_in_future");
  const outages = noteOutages(print);
  const attachment = await opened.attach(session.id, {
    mode: "lossless",
    role: "observer",
    from,
    signal,
    onEvent: outages.onEvent,
  });
  try {
    const result = await waitFor(attachment, wait);
    if (print.isJson) await print.json({ session: session.id, ...result });
    else if (result.reason === "pattern") await print.line(result.text);
    else print.note(`${result.reason} at offset ${result.offset}`);
    switch (result.reason) {
      case "timeout":
        return exitCodes.timedOut;
      case "exit":
        return executionExitCode(result.exit);
      case "ended":
        return exitCodes.failed;
      default:
        return exitCodes.done;
    }
  } finally {
    outages.stop();
    await attachment.detach();
  }
};

const toPattern = (text: string): RegExp => {
  try {
    return new RegExp(text, "mu");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "It cannot be read.";
    throw usageError(
      `--for: ${why}.`,
      "Mend the expression, or pass --fixed to search for the text as it stands.",
    );
  }
};
