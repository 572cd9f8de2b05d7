import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  initRelayHome,
  machineFingerprint,
  makePrivateDirectory,
  mintMachineToken,
  mintOperatorToken,
  openPrivateKey,
  rawPublicKey,
  writeSecretFile,
} from "@cmdop/authority";
import { isMachineId, newMachineId, systemClock } from "@cmdop/base";
import type { Settings } from "./settings.ts";

const dayMs = 24 * 3600 * 1000;

/** The machine keeps its id over restarts: it is the `sub` of the token that it already has. */
const machineIdOf = async (tokenFile: string): Promise<string> => {
  try {
    const [, payload = ""] = (await readFile(tokenFile, "utf8")).split(".");
    const { sub } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { sub?: unknown };
    if (typeof sub === "string" && isMachineId(sub)) return sub;
  } catch {
    // None yet.
  }
  return newMachineId();
};

/**
 * Makes everything that relay, agent and CLI of one machine need to find and trust each other; what is there
 * already is kept. Tokens are minted anew at every start, so that they never run out under a running stack.
 */
export const prepareHome = async (settings: Settings, userName: string): Promise<void> => {
  const { home } = settings;
  const directory = (name: string): string => path.join(home, name);
  for (const name of [".", "agent", "cli", "run", "logs"]) await makePrivateDirectory(directory(name));
  const relay = await initRelayHome(directory("relay"));
  const mint = { signer: relay.signer, clock: systemClock };
  const relayAddress = `${settings.relayHost}:${settings.relayPort}`;

  const { key } = await openPrivateKey(path.join(directory("agent"), "identity.key"));
  const machineTokenFile = path.join(directory("agent"), "machine.token");
  const machine = await mintMachineToken(mint, {
    machineId: await machineIdOf(machineTokenFile),
    machineName: settings.machineName,
    keyFingerprint: machineFingerprint(rawPublicKey(createPublicKey(key))),
    validMs: 90 * dayMs,
  });
  await writeSecretFile(machineTokenFile, `${machine.token}\n`);
  await writeSecretFile(
    path.join(directory("agent"), "agent.json"),
    `${JSON.stringify({ relays: [relayAddress], caPin: relay.pin, name: settings.machineName }, undefined, 2)}\n`,
  );

  const operator = await mintOperatorToken(mint, {
    operator: userName,
    role: "operator",
    actor: "human",
    validMs: 90 * dayMs,
  });
  const tokenFile = path.join(directory("cli"), "operator.token");
  await writeSecretFile(tokenFile, `${operator.token}\n`);
  await writeSecretFile(
    path.join(directory("cli"), "config.json"),
    `${JSON.stringify({ relay: relayAddress, caPin: relay.pin, tokenFile }, undefined, 2)}\n`,
  );
};
