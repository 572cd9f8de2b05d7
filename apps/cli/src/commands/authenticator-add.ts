// An authenticator app for one's own account: shown to be scanned, and used once its first code was given.
import { leftError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readStdinLine } from "../input/stdin.ts";
import { questionTerminal } from "../io.ts";
import { printBackupCodes } from "../output/backup-codes-text.ts";
import { toQrLines } from "../output/qr-text.ts";

const codeBytesMax = 64;

export const run = async (context: Context): Promise<number> => {
  const { control, io, print, signal } = context;
  const client = await control();
  const begun = await client.POST("/v1/account/totp/enrolments", { signal });
  if (!begun.data) return exitCodes.failed;
  const { challenge, qrRows, secret } = begun.data;
  // To standard error: the secret is for the person, standard output for the backup codes.
  for (const line of toQrLines(qrRows, print.errorStyle)) io.stderr.write(`${line}\n`);
  io.stderr.write(`\nScan it with your app, or type in: ${secret.match(/.{1,4}/g)?.join(" ") ?? secret}\n`);
  const code = (await askForCode(context)).replaceAll(" ", "");
  if (!/^\d{6}$/.test(code)) {
    throw usageError("That is no code of an app: six digits.", "Nothing has changed. Type it once more.");
  }
  const { data } = await client.PUT("/v1/account/totp", { body: { challenge, code }, signal });
  if (!data) return exitCodes.failed;
  await printBackupCodes(context, data);
  return exitCodes.done;
};

const askForCode = async (context: Context): Promise<string> => {
  const { io } = context;
  const asked = "The code that the app shows now";
  if (io.stdin.isTTY !== true) {
    io.stderr.write(`${asked}:\n`);
    return readStdinLine(context, codeBytesMax);
  }
  const { isCancel, text } = await import("@clack/prompts");
  const given = await text({ message: asked, ...questionTerminal(io) });
  if (isCancel(given)) throw leftError();
  return given;
};
