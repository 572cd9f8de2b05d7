// Files that the parts of this machine's stack find each other by.
import { userInfo } from "node:os";
import path from "node:path";
import {
  initRelayHome,
  makePrivateDirectory,
  prepareControlledHome,
  prepareJoinedAgent,
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
  const at = {
    control: {
      socket: path.join(home, "control", "control.sock"),
      url: `https://${control.host}:${control.port}`,
      internalUrl: `https://${internal.host}:${internal.port}`,
      caPin: await controlCaPin(home),
    },
    relay: `${relay.host}:${relay.port}`,
    relayCaPin: await readRelayPin(path.join(home, "relay")),
    hostname,
  };
  const { fleet } = await prepareControlledHome(home, { ...at, operator: userInfo().username });
  await prepareJoinedAgent(path.join(home, "agent"), { ...at, machineName, fleet });
};
