import { hostname } from "node:os";
import { Failure } from "@cmdop/base";
import {
  createTerminalLogins,
  type TerminalClient,
  type TerminalLogin,
  type TerminalLogins,
} from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { hasBrowser, openBrowser } from "../sign-in/browser-page.ts";
import { openBrowserRedirect } from "../sign-in/browser-redirect.ts";
import { signInLocally } from "../sign-in/local-login.ts";
import { storeLogin } from "../sign-in/login-file.ts";

/** As long as a device code is good. */
const patienceMs = 10 * 60_000;

export const run = async (context: Context): Promise<number> => {
  const { home, io, options, print, settings, signal } = context;
  if (options.flag("local")) return signInHere(context);
  const { control, controlCaPin } = settings();
  if (control === undefined) {
    throw usageError("Which control plane?", "Type: cmdop login --control https://HOST:63141");
  }
  if (!URL.canParse(control))
    throw usageError(`${control} is no address.`, "Type: cmdop login --control https://HOST:63141");
  const caPin = options.text("control-pin") ?? controlCaPin;
  const logins = createTerminalLogins({ url: control, caPin });
  const client = { name: "cmdop", hostname: options.text("name") ?? hostname() };
  const isAlone = options.flag("device") || !hasBrowser(io);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const login = await (isAlone ? withDevice : withBrowser)(logins, client, patience, { io, print }).catch(
    (error: unknown) => {
      if (patience.aborted && !signal.aborted) throw new Failure("expired_token");
      throw error;
    },
  );
  await storeLogin(home, { control: new URL(control).origin, controlCaPin: caPin, token: login.token });
  const { token: _token, ...shown } = login;
  if (print.isJson) await print.json({ ...shown, control });
  else print.note(`Signed in as ${login.accountName} (${login.email}).`);
  return exitCodes.done;
};

const signInHere = async (context: Context): Promise<number> => {
  const { home, print } = context;
  const { token, controlCaPin, ...shown } = await signInLocally(context);
  await storeLogin(home, { control: shown.control, controlCaPin, token });
  if (print.isJson) await print.json(shown);
  else print.note(`Signed in as ${shown.accountName} (${shown.email}).`);
  return exitCodes.done;
};

type Way = (
  logins: TerminalLogins,
  client: TerminalClient,
  signal: AbortSignal,
  context: Pick<Context, "io" | "print">,
) => Promise<TerminalLogin>;

const withDevice: Way = async (logins, client, signal, { io }) => {
  const login = await logins.beginDevice(client, signal);
  // On stderr also with --quiet: without them there is no login.
  io.stderr.write(
    `Open ${login.verificationUrl} in a browser and type this code:\n\n  ${login.userCode}\n\n`,
  );
  return await logins.awaitDevice(login, signal);
};

const withBrowser: Way = async (logins, client, signal, { io }) => {
  const redirect = await openBrowserRedirect();
  try {
    const login = await logins.beginBrowser(client, redirect.uri);
    io.stderr.write(
      `Your browser asks whether to sign this terminal in. If it does not open:\n\n  ${login.url}\n\n`,
    );
    openBrowser(login.url, io);
    return await login.redeem(await redirect.codeFor(login.state, signal), signal);
  } finally {
    redirect.close();
  }
};
