import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMachineId, newMachineId, systemClock } from "@cmdop/base";
import { machineFingerprint, rawPublicKey } from "./fingerprint.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { openPrivateKey } from "./private-key.ts";
import { initRelayHome } from "./relay-home.ts";
import { writeSecretFile } from "./secret-file.ts";
import { mintMachineToken, mintOperatorToken, type TokenSigner } from "./tokens.ts";

const dayMs = 24 * 3600 * 1000;
const tokenValidMs = 90 * dayMs;

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

/** The agent's key, the token that is minted for it by this signer, and where its relay is. Gives the machine's id. */
const prepareAgentHome = async (
  dir: string,
  options: {
    readonly relay: string;
    readonly relayCaPin: string;
    readonly machineName: string;
    readonly signer: TokenSigner;
  },
): Promise<string> => {
  await makePrivateDirectory(dir);
  const { key } = await openPrivateKey(join(dir, "identity.key"));
  const machineTokenFile = join(dir, "machine.token");
  const machineId = await machineIdOf(machineTokenFile);
  const machine = await mintMachineToken(
    { signer: options.signer, clock: systemClock },
    {
      machineId,
      machineName: options.machineName,
      keyFingerprint: machineFingerprint(rawPublicKey(createPublicKey(key))),
      validMs: tokenValidMs,
    },
  );
  await writeSecretFile(machineTokenFile, `${machine.token}\n`);
  await writeSecretFile(
    join(dir, "agent.json"),
    `${JSON.stringify({ relays: [options.relay], caPin: options.relayCaPin, name: options.machineName }, undefined, 2)}\n`,
  );
  return machineId;
};

export interface LocalHome {
  /** `sha256:…` of the relay's CA. */
  readonly caPin: string;
  readonly machineId: string;
  readonly operatorToken: string;
}

/**
 * Makes all that relay, agent and CLI of one machine need to find and trust each other under `home`; what is there
 * already is kept. Tokens are minted anew at every call, so that they never run out under a running stack.
 */
export const prepareLocalHome = async (
  home: string,
  options: { readonly relay: string; readonly machineName: string; readonly operator: string },
): Promise<LocalHome> => {
  const directory = (name: string): string => join(home, name);
  for (const name of [".", "agent", "cli", "run", "logs"]) await makePrivateDirectory(directory(name));
  const relay = await initRelayHome(directory("relay"));
  const mint = { signer: relay.signer, clock: systemClock };

  const machineId = await prepareAgentHome(directory("agent"), {
    ...options,
    relayCaPin: relay.pin,
    signer: relay.signer,
  });

  const operator = await mintOperatorToken(mint, {
    operator: options.operator,
    role: "operator",
    actor: "human",
    validMs: tokenValidMs,
  });
  const tokenFile = join(directory("cli"), "operator.token");
  await writeSecretFile(tokenFile, `${operator.token}\n`);
  await writeSecretFile(
    join(directory("cli"), "config.json"),
    `${JSON.stringify({ relay: options.relay, caPin: relay.pin, tokenFile }, undefined, 2)}\n`,
  );
  return { caPin: relay.pin, machineId, operatorToken: operator.token };
};
