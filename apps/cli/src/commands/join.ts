// Lets this machine join a fleet. The server is recognized by its key before the secret in the join string is sent.
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  createPinnedAsk,
  enrolmentFiles,
  fetchPinnedAuthority,
  type JoinOutcome,
  joinFleet,
  type MachineEnrolment,
  MachineIdentity,
  makePrivateDirectory,
  readEnrolmentState,
  writeAgentFile,
} from "@cmdop/authority";
import { Failure, toDisplayText } from "@cmdop/base";
import { readAgentStatus, stopAgent } from "../agent-client.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { readAgentFile } from "../enrol.ts";
import { exitCodes } from "../exit-codes.ts";
import { readJoinString } from "../input/join-string-input.ts";
import { isSupervised } from "../supervised-agent.ts";
import { startAgent, startAgentDetached } from "./up.ts";

const askAgainMs = 3_000;

export const run = async (context: Context): Promise<number> => {
  const { home, options, print, settings } = context;
  const joinString = await readJoinString(context);
  const url = controlUrl(settings().control);
  const directory = path.join(home, "agent");
  const isRunning = await checkWay(context, directory);
  const caPin = await recognize(url, joinString.pins);
  if (isRunning) {
    await stopAgent(home, false);
    print.note("The agent is stopped for that; its sessions live on.");
  }
  const ask = createPinnedAsk(url, caPin);
  await makePrivateDirectory(directory);
  const { key } = await MachineIdentity.open(directory);
  const machine = {
    key,
    joinString: joinString.text,
    hostname: hostname() || "machine",
    name: options.text("name"),
  };
  const join = (): Promise<JoinOutcome> => joinFleet(ask, enrolmentFiles(directory), machine);
  const enter = async (): Promise<MachineEnrolment> => {
    let outcome = await join();
    if (outcome.kind === "waits") {
      print.note(
        `This machine waits until somebody lets it in, who sees the same code: ${outcome.code}\n` +
          `  cmdop machines approve ${outcome.code}\n` +
          "^C ends the waiting and not the asking: the same command waits again.",
      );
      const { enrolmentId } = outcome;
      await untilLetIn(context, () => readEnrolmentState(ask, enrolmentId));
      outcome = await join();
    }
    if (outcome.kind === "waits") throw new Failure("permission_denied");
    return outcome.enrolment;
  };
  // A machine that could be reached before still can when it is not let in: its person may be far away.
  const enrolment = await enter().catch(async (error: unknown) => {
    if (isRunning) {
      await startAgentDetached(context);
      print.note("The agent is started again, as it was.");
    }
    throw error;
  });
  const { machineId, name, relays, relayCaPin } = enrolment;
  await writeAgentFile(directory, { relays, relayCaPin, name, control: { url, caPin } });
  print.note(`joined as ${toDisplayText(name, 128)}`);
  if (relays.length === 0 || relayCaPin === undefined) {
    throw new CliError({
      what: "joined, but the agent cannot start",
      why: "The control plane names no relay, or not its pin.",
      next: "Set CMDOP_CONTROL_RELAYS and CMDOP_CONTROL_RELAY_CA_PIN there, and here: cmdop join --again",
      code: "not_configured",
    });
  }
  if (!options.flag("no-start")) return startAgent(context);
  if (print.isJson)
    await print.json({ running: false, machine: { id: machineId, name }, control: url, relays });
  else if (print.isQuiet) await print.line(machineId);
  else print.note("Its agent does not run yet. Type: cmdop up");
  return exitCodes.done;
};

/** A machine that has joined stays what it is, unless its person says that it joins again. Whether its agent runs. */
const checkWay = async ({ home, options }: Context, directory: string): Promise<boolean> => {
  const running = await readAgentStatus(home);
  const { control, name } = readAgentFile(path.join(directory, "agent.json"));
  const hasJoined = control !== undefined && existsSync(enrolmentFiles(directory).tokenFile);
  if (hasJoined && !options.flag("again")) {
    throw new CliError({
      what: "this machine has joined already",
      why: `It is ${toDisplayText(name ?? "a machine", 128)} at ${toDisplayText(control, 300)}.`,
      next: "Type: cmdop status, or cmdop up. Was it removed there? Repeat this with --again.",
      code: "conflict",
    });
  }
  if (!running) return false;
  const runsAs = `It runs as ${toDisplayText(running.machine.name, 128)} (pid ${running.pid}).`;
  if (isSupervised(home, running.pid)) {
    throw new CliError({
      what: "cannot join while npm start runs the agent",
      why: runsAs,
      next: "End npm start with ^C in its window, or join with another CMDOP_HOME.",
      code: "already_running",
    });
  }
  if (!options.flag("again")) {
    throw new CliError({
      what: "cannot join while the agent runs",
      why: runsAs,
      next: "Type: cmdop down, and then this again. Its sessions live on in between.",
      code: "already_running",
    });
  }
  return true;
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
