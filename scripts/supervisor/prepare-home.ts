// Files that the parts of this machine's stack find each other by.
import { userInfo } from "node:os";
import path from "node:path";
import {
  initRelayHome,
  makePrivateDirectory,
  prepareAgentHome,
  prepareControlledHome,
  readRelayPin,
} from "@cmdop/authority";
import { controlCaPin } from "./control-pin.ts";
import type { Settings } from "./settings.ts";

/** Before anything runs: directories and the relay's own keys. */
export const prepareDirectories = async (home: string): Promise<void> => {
  for (const name of [".", "agent", "cli", "run", "logs"]) await makePrivateDirectory(path.join(home, name));
  await initRelayHome(path.join(home, "relay"));
};

/** With the control plane up: a login for the CLI, credentials for relay and router, the agent's place in a fleet. */
export const enrolParts = async ({ home, ports, machineName }: Settings, hostname: string): Promise<void> => {
  const { control, internal, relay } = ports;
  const relayDir = path.join(home, "relay");
  const relayCaPin = await readRelayPin(relayDir);
  const address = `${relay.host}:${relay.port}`;
  const { fleetId } = await prepareControlledHome(home, {
    control: {
      socket: path.join(home, "control", "control.sock"),
      url: `https://${control.host}:${control.port}`,
      internalUrl: `https://${internal.host}:${internal.port}`,
      caPin: await controlCaPin(home),
    },
    relay: address,
    relayCaPin,
    operator: userInfo().username,
    hostname,
  });
  const { signer } = await initRelayHome(relayDir);
  await prepareAgentHome(path.join(home, "agent"), {
    relay: address,
    relayCaPin,
    machineName,
    signer,
    fleet: fleetId,
  });
};
