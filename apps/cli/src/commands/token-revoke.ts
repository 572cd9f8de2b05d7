import path from "node:path";
import { appendRevocation, isFingerprint, relayPaths } from "@cmdop/authority";
import { isMachineId } from "@cmdop/base";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readStdin } from "../input/stdin.ts";

const tokenBytesMax = 16_384;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [given = ""],
    home,
    io,
    options,
    print,
  } = context;
  const text =
    given === "-"
      ? (await readStdin(context, { what: "the token", bytesMax: tokenBytesMax })).toString().trim()
      : given;
  const target = toTarget(text);
  const reason = options.text("reason");
  await appendRevocation(relayPaths(path.join(home, "relay")).revocations, {
    target,
    atMs: io.wallMs(),
    ...(reason === undefined ? {} : { reason }),
  });
  if (print.isJson) await print.json({ revoked: target });
  else await print.line(`revoked ${target}`);
  return exitCodes.done;
};

/** A token is revoked by its id, so that the file holds no secret. */
const toTarget = (text: string): string => {
  if (isMachineId(text) || isFingerprint(text) || /^sub:.+$/.test(text)) return text;
  const parts = text.split(".");
  if (parts.length === 3) {
    try {
      const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString());
      const id: unknown =
        typeof claims === "object" && claims !== null ? Reflect.get(claims, "jti") : undefined;
      if (typeof id === "string" && id !== "") return id;
    } catch {
      // Said below.
    }
    throw usageError(
      "That looks like a token and is none.",
      "Give its id instead: cmdop token mint said it.",
    );
  }
  if (/^tok_[\w-]{8,124}$/.test(text)) return text;
  throw usageError(
    "That is neither a token, nor its id, nor sub:OPERATOR, nor a machine's id, nor a key's fingerprint.",
    "For example: cmdop token revoke sub:ada",
  );
};
