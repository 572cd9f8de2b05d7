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
import type { Clock } from "@cmdop/base";
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

const renewEveryMs = 24 * 3_600_000;

/**
 * Once a day, until the returned function is called: the relay writes nothing to its home, but serves a certificate that was
 * made anew there.
 */
export const renewRelayCertificate = (
  { home }: Pick<Settings, "home">,
  { clock, say }: { readonly clock: Clock; readonly say: (text: string) => void },
): (() => void) => {
  let isClosed = false;
  let cancel = (): void => undefined;
  const renew = async (): Promise<void> => {
    try {
      // The names that it has, it keeps.
      await initRelayHome(path.join(home, "relay"), [], clock);
    } catch (error) {
      say(
        `The relay's certificate could not be looked after: ${error instanceof Error ? error.message : error}`,
      );
    }
    later();
  };
  const later = (): void => {
    if (!isClosed) cancel = clock.after(renewEveryMs, () => void renew());
  };
  later();
  return () => {
    isClosed = true;
    cancel();
  };
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
