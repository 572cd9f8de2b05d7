import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { resolveSession } from "../find/session-reference.ts";
import { readStdin } from "../input/stdin.ts";
import { toKeyBytes } from "../keys.ts";

const pasteBytesMax = 1024 * 1024;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = "", ...words],
    client,
    options,
    print,
    signal,
  } = context;
  const keys = options.list("key").map(toKeyBytes);
  const isPaste = options.flag("paste");
  const typed = words.join(" ") + keys.join("") + (options.flag("enter") ? "\r" : "");
  if (isPaste && words.length > 0) {
    throw usageError(
      "--paste sends standard input; the text is one too many.",
      "Leave out the text or --paste.",
    );
  }
  if (!isPaste && typed === "") {
    throw usageError("There is nothing to send.", "Give a text, --key KEY, --enter or --paste.");
  }
  const pasted = isPaste
    ? await readStdin(context, { what: "what is to be sent", bytesMax: pasteBytesMax })
    : undefined;
  const opened = await client();
  // What is on the screen does not matter here: a small credit keeps it from being sent.
  const attachment = await opened.attach(await resolveSession(opened, name, signal), {
    creditBytes: 16_384,
    signal,
  });
  try {
    if (pasted) await attachment.write(pasted, { paste: true, signal });
    if (typed !== "") await attachment.write(typed, { signal });
    const bytes = (pasted?.length ?? 0) + Buffer.byteLength(typed);
    if (print.isJson)
      await print.json({ session: attachment.session.id, bytes, offset: attachment.session.offset });
  } finally {
    await attachment.detach();
  }
  return exitCodes.done;
};
