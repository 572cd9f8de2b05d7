// Lets this machine join a fleet. The server is recognized by its key before the secret in the join string is sent.
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  createPinnedAsk,
  enrolmentFiles,
  fetchPinnedAuthority,
  type JoinOutcome,
  joinFleet,
  MachineIdentity,
  makePrivateDirectory,
  readEnrolmentState,
  writeAgentFile,
} from "@cmdop/authority";
import { Failure, toDisplayText } from "@cmdop/base";
import { readAgentStatus } from "../agent-client.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { readJoinString } from "../join-string-input.ts";
import { startAgent } from "./up.ts";

const askAgainMs = 3_000;

export const run = async (context: Context): Promise<number> => {
  const { home, options, print, settings } = context;
  const running = await readAgentStatus(home);
  if (running) {
    throw new CliError({
      what: "cannot join while the agent runs",
      why: `It runs as ${toDisplayText(running.machine.name, 128)} (pid ${running.pid}).`,
      next: "Type: cmdop down, and then this again. Its sessions live on in between.",
      code: "already_running",
    });
  }
  const joinString = await readJoinString(context);
  const url = controlUrl(settings().control);
  const caPin = await recognize(url, joinString.pins);
  const ask = createPinnedAsk(url, caPin);
  const directory = path.join(home, "agent");
  await makePrivateDirectory(directory);
  const { key } = await MachineIdentity.open(directory);
  const machine = {
    key,
    joinString: joinString.text,
    hostname: hostname() || "machine",
    name: options.text("name"),
  };
  const join = (): Promise<JoinOutcome> => joinFleet(ask, enrolmentFiles(directory), machine);
  let outcome = await join();
  if (outcome.kind === "waits") {
    print.note(
      `This machine waits until somebody lets it in, who sees the same code: ${outcome.code}\n` +
        `  cmdop machines approve ${outcome.code}`,
    );
    const { enrolmentId } = outcome;
    await untilLetIn(context, () => readEnrolmentState(ask, enrolmentId));
    outcome = await join();
  }
  if (outcome.kind === "waits") throw new Failure("permission_denied");
  const { name, relays, relayCaPin } = outcome.enrolment;
  await writeAgentFile(directory, { relays, relayCaPin, name, control: { url, caPin } });
  print.note(`joined as ${toDisplayText(name, 128)}`);
  if (relays.length === 0 || relayCaPin === undefined) {
    throw new CliError({
      what: "joined, but the agent cannot start",
      why: "The control plane names no relay, or not its pin.",
      next: "Set CMDOP_CONTROL_RELAYS and CMDOP_CONTROL_RELAY_CA_PIN there, and join again.",
      code: "not_configured",
    });
  }
  return startAgent(context);
};

const controlUrl = (control: string | undefined): string => {
  if (control === undefined) {
    throw usageError("Which control plane?", "Type: cmdop join STRING --control https://HOST:63141");
  }
  // Without TLS there is no key by which the server could be recognized.
  if (!URL.canParse(control) || new URL(control).protocol !== "https:") {
    throw usageError(
      `${control} is no https address.`,
      "Type: cmdop join STRING --control https://HOST:63141",
    );
  }
  return new URL(control).origin;
};

/** The pin of the string that the server at this address has. Nothing is sent to it for that. */
const recognize = async (url: string, pins: readonly string[]): Promise<string> => {
  const { hostname: host, port } = new URL(url);
  const target = { host: host.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
  for (const pin of pins) {
    try {
      await fetchPinnedAuthority({ ...target, pin });
      return pin;
    } catch (cause) {
      if (!(cause instanceof Failure) || cause.code !== "untrusted_relay") {
        throw new Failure("unavailable", `The control plane at ${url} cannot be reached.`, { cause });
      }
    }
  }
  throw new CliError({
    what: "this is another server than the one that made the join string",
    why: `The key of ${url} is not the one that the string names. Nothing was sent to it.`,
    next: "Check the address; whoever made the string sees with it where it is taken.",
    code: "untrusted_control",
  });
};

const untilLetIn = async (
  { signal }: Context,
  read: () => Promise<"waiting" | "approved" | "denied">,
): Promise<void> => {
  for (;;) {
    const state = await read().catch((error: unknown) => {
      if (error instanceof Failure && error.row.retryable) return "waiting";
      throw error;
    });
    if (state === "approved") return;
    if (state === "denied") throw new Failure("permission_denied", "Somebody turned this machine away.");
    await delay(askAgainMs, undefined, { signal });
  }
};
