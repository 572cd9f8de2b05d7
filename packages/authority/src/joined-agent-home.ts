import { join } from "node:path";
import { Failure } from "@cmdop/base";
import { type AskControl, askLocalControl, textOf } from "./ask-control.ts";
import type { LocalControl } from "./controlled-home.ts";
import { joinFleet, type MachineEnrolment, renewMachineToken } from "./machine-enrolment.ts";
import { openPrivateKey } from "./private-key.ts";
import { makePrivateDirectory, writeSecretFile } from "./secret-file.ts";

/**
 * The agent of the machine that the control plane runs on: joined to a fleet the first time, the same machine with a
 * fresh token from then on. `fleet` is a slug.
 */
export const prepareJoinedAgent = async (
  dir: string,
  options: {
    readonly control: LocalControl;
    readonly relay: string;
    readonly relayCaPin: string;
    readonly machineName: string;
    readonly hostname: string;
    readonly fleet: string;
  },
): Promise<MachineEnrolment> => {
  const { control, relay, relayCaPin, machineName, hostname, fleet } = options;
  await makePrivateDirectory(dir);
  const { key } = await openPrivateKey(join(dir, "identity.key"));
  const files = { tokenFile: join(dir, "machine.token"), marksFile: join(dir, "renewal.json") };
  const ask: AskControl = (method, path, more) => askLocalControl(control.socket, method, path, more);
  const renewed = await renewMachineToken(ask, files, key).catch((error: unknown) => {
    // The control plane's database is another one, or somebody removed this machine: it joins anew.
    if (error instanceof Failure && error.code === "machine_not_found") return undefined;
    throw error;
  });
  const enrolment = renewed ?? (await joinHere(ask, files, { key, name: machineName, hostname, fleet }));
  await writeSecretFile(
    join(dir, "agent.json"),
    `${JSON.stringify(
      {
        relays: [relay],
        caPin: relayCaPin,
        name: machineName,
        control: control.url,
        controlCaPin: control.caPin,
      },
      undefined,
      2,
    )}\n`,
  );
  return enrolment;
};

const joinHere = async (
  ask: AskControl,
  files: Parameters<typeof joinFleet>[1],
  { fleet, ...machine }: Omit<Parameters<typeof joinFleet>[2], "joinString"> & { readonly fleet: string },
): Promise<MachineEnrolment> => {
  const made = await ask("POST", "/local/v1/machines", { body: { fleet } });
  return joinFleet(ask, files, { ...machine, joinString: textOf(made, "secret") });
};
