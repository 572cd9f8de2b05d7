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
import { dialAddressOf, type Settings } from "./settings.ts";

const hostOf = (address: string): string => address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");

/** Before anything runs: directories and the relay's own keys. */
export const prepareDirectories = async ({ home, relays }: Settings): Promise<void> => {
  for (const name of [".", "agent", "cli", "run", "logs"]) await makePrivateDirectory(path.join(home, name));
  // Whoever is told of the relay by a name finds that name in its certificate.
  const names = relays.split(",").map((relay) => hostOf(relay.trim()));
  await initRelayHome(path.join(home, "relay"), names);
};

/** With the control plane up: a login for the CLI, credentials for relay and router, the agent's place in a fleet. */
export const enrolParts = async ({ home, ports, machineName }: Settings, hostname: string): Promise<void> => {
  const { control, internal, relay } = ports;
  const at = {
    control: {
      socket: path.join(home, "control", "control.sock"),
      url: `https://${dialAddressOf(control)}`,
      internalUrl: `https://${dialAddressOf(internal)}`,
      caPin: await controlCaPin(home),
    },
    relay: dialAddressOf(relay),
    relayCaPin: await readRelayPin(path.join(home, "relay")),
    hostname,
  };
  const { fleet } = await prepareControlledHome(home, { ...at, operator: userInfo().username });
  await prepareJoinedAgent(path.join(home, "agent"), { ...at, machineName, fleet });
};
