import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  createPrivateKey25519,
  loadPrivateKey,
  machineFingerprint,
  mintMachineToken,
  openRelaySigner,
  rawPublicKey,
} from "@cmdop/authority";
import { newMachineId, systemClock } from "@cmdop/base";
import { FakeAgent, type Stack } from "@cmdop/testkit";

const addressOf = (stack: Stack): { host: string; port: number } => {
  const [host = "", port = ""] = stack.relay.split(":");
  return { host, port: Number(port) };
};

/** The stack's own machine, with its sessions in memory: what is measured is the relay. */
export const linkFakeMachine = async (stack: Stack): Promise<FakeAgent> =>
  FakeAgent.link({
    address: addressOf(stack),
    tls: { pinnedCa: stack.local.caPin, servername: "localhost" },
    token: (await readFile(path.join(stack.home, "agent", "machine.token"), "utf8")).trim(),
    key: await loadPrivateKey(path.join(stack.home, "agent", "identity.key")),
  });

/** One more machine with a key and an id of its own. */
export const linkAnotherMachine = async (stack: Stack, name: string): Promise<FakeAgent> => {
  const key = createPrivateKey25519();
  const { token } = await mintMachineToken(
    { signer: await openRelaySigner(path.join(stack.home, "relay")), clock: systemClock },
    {
      machineId: newMachineId(),
      machineName: name,
      keyFingerprint: machineFingerprint(rawPublicKey(createPublicKey(key))),
      validMs: 3_600_000,
    },
  );
  return FakeAgent.link({
    address: addressOf(stack),
    tls: { pinnedCa: stack.local.caPin, servername: "localhost" },
    token,
    key,
  });
};
