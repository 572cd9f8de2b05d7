// What the agent needs on disk before it can start: its key, its token, and which relay to dial.
import { existsSync, readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { makePrivateDirectory, prepareLocalHome, relayPaths, writeSecretFile } from "@cmdop/authority";
import { CliError, usageError } from "./cli-error.ts";
import { openMachineKey } from "./commands/machine-key.ts";
import type { Context } from "./context.ts";
import { readStdin } from "./input/stdin.ts";

const tokenBytesMax = 16_384;

interface AgentFile {
  relays?: readonly string[];
  caPin?: string;
  name?: string;
  control?: string;
  controlCaPin?: string;
}

/** Empty when there is none, or none that can be read. */
export const readAgentFile = (file: string): AgentFile => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
};

/** True when one of the options that enrol was given. */
export const hasEnrolOptions = ({ options }: Context): boolean =>
  ["relay", "ca-pin", "token-file", "token-stdin", "name"].some((name) => options.has(name));

/** Writes what the options say; keeps the rest; makes everything where the relay's own home is this one. */
export const enrol = async (context: Context): Promise<void> => {
  const { home, io, options } = context;
  const directory = path.join(home, "agent");
  const agentFile = path.join(directory, "agent.json");
  const tokenFile = path.join(directory, "machine.token");
  const known = readAgentFile(agentFile);
  const relays = options
    .text("relay")
    ?.split(",")
    .map((relay) => relay.trim())
    .filter((relay) => relay !== "");
  const token = await readToken(context);
  const isEnrolled = existsSync(tokenFile) || token !== undefined;
  const hasRelay = (relays ?? known.relays ?? []).length > 0;

  if (!isEnrolled && existsSync(relayPaths(path.join(home, "relay")).signingKey)) {
    const port = io.env.CMDOP_RELAY_PORT || "63142";
    await prepareLocalHome(home, {
      relay: relays?.[0] ?? known.relays?.[0] ?? `127.0.0.1:${port}`,
      machineName: options.text("name") ?? known.name ?? (hostname() || "machine"),
      operator: userName(),
    });
    return;
  }
  if (!isEnrolled || !hasRelay) throw await missing(context, isEnrolled);
  await makePrivateDirectory(directory);
  if (token !== undefined) await writeSecretFile(tokenFile, `${token}\n`);
  if (!hasEnrolOptions(context)) return;
  const caPin = options.text("ca-pin") ?? (relays === undefined ? known.caPin : samePin(known, relays));
  const name = options.text("name") ?? known.name;
  const { control, controlCaPin } = known;
  const content = {
    relays: relays ?? known.relays,
    ...(caPin ? { caPin } : {}),
    ...(name ? { name } : {}),
    ...(control && controlCaPin ? { control, controlCaPin } : {}),
  };
  await writeSecretFile(agentFile, `${JSON.stringify(content, undefined, 2)}\n`);
};

/** The pin of one relay says nothing about another. */
const samePin = (known: AgentFile, relays: readonly string[]): string | undefined =>
  relays.every((relay) => known.relays?.includes(relay)) ? known.caPin : undefined;

const readToken = async (context: Context): Promise<string | undefined> => {
  const { io, options } = context;
  const file = options.text("token-file");
  if (file !== undefined && options.flag("token-stdin")) {
    throw usageError("--token-file and --token-stdin exclude each other.", "Leave one out.");
  }
  if (options.flag("token-stdin")) {
    return checkToken(
      (await readStdin(context, { what: "the machine token", bytesMax: tokenBytesMax })).toString(),
    );
  }
  if (file === undefined) return undefined;
  try {
    return checkToken(readFileSync(path.resolve(io.cwd, file), "utf8"));
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw usageError(`The token file ${file} cannot be read.`, "Check its path and mode.");
  }
};

const checkToken = (text: string): string => {
  const token = text.trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return token;
  throw usageError(
    "That is no token.",
    "Make one on the relay: cmdop token mint --machine NAME --key FINGERPRINT",
  );
};

const userName = (): string => {
  try {
    return userInfo().username || "owner";
  } catch {
    return "owner";
  }
};

const missing = async ({ home }: { readonly home: string }, isEnrolled: boolean): Promise<CliError> => {
  const { fingerprint } = await openMachineKey(home);
  return isEnrolled
    ? new CliError({
        what: "cannot connect this machine",
        why: "No relay is named.",
        next: "Type: cmdop up --relay HOST:PORT --ca-pin sha256:…",
        code: "not_configured",
      })
    : new CliError({
        what: "cannot connect this machine",
        why: `It has no token yet. Its key is ${fingerprint}`,
        next:
          `Type where you are signed in: cmdop join-tokens create, and here what it prints. At a relay that stands alone:\n` +
          `  cmdop token mint --machine NAME --key ${fingerprint} there, and here:\n` +
          "  cmdop up --relay HOST:PORT --ca-pin sha256:… --token-file FILE",
        code: "not_configured",
      });
};
