import { join } from "node:path";
import { Failure } from "@cmdop/base";
import { type AskControl, askLocalControl, textOf } from "./ask-control.ts";
import type { LocalControl } from "./controlled-home.ts";
import {
  type EnrolmentFiles,
  type JoiningMachine,
  joinFleet,
  type MachineEnrolment,
  renewMachineToken,
} from "./machine-enrolment.ts";
import { MachineIdentity } from "./machine-identity.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { writeSecretFile } from "./secret-file.ts";

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
  const identity = await MachineIdentity.open(dir);
  const files = enrolmentFiles(dir);
  const ask: AskControl = (method, path, more) => askLocalControl(control.socket, method, path, more);
  const renewed = await renewMachineToken(ask, files, identity).catch((error: unknown) => {
    // The control plane's database is another one, or somebody removed this machine: it joins anew.
    if (error instanceof Failure && error.code === "machine_not_found") return undefined;
    throw error;
  });
  const enrolment =
    renewed ?? (await joinHere(ask, files, { key: identity.key, name: machineName, hostname, fleet }));
  await writeAgentFile(dir, { relays: [relay], relayCaPin, name: machineName, control });
  return enrolment;
};

/** Where a machine's token and marks lie. */
export const enrolmentFiles = (dir: string): EnrolmentFiles => ({
  tokenFile: join(dir, "machine.token"),
  marksFile: join(dir, "renewal.json"),
});

/** What the agent of a machine that has joined reads at its start. */
export const writeAgentFile = (
  dir: string,
  agent: {
    readonly relays: readonly string[];
    readonly relayCaPin: string | undefined;
    readonly name: string;
    readonly control: { readonly url: string; readonly caPin: string };
  },
): Promise<void> =>
  writeSecretFile(
    join(dir, "agent.json"),
    `${JSON.stringify(
      {
        relays: agent.relays,
        caPin: agent.relayCaPin,
        name: agent.name,
        control: agent.control.url,
        controlCaPin: agent.control.caPin,
      },
      undefined,
      2,
    )}\n`,
  );

const joinHere = async (
  ask: AskControl,
  files: EnrolmentFiles,
  { fleet, ...machine }: Omit<JoiningMachine, "joinString"> & { readonly fleet: string },
): Promise<MachineEnrolment> => {
  const made = await ask("POST", "/local/v1/machines", { body: { fleet } });
  const joined = await joinFleet(ask, files, { ...machine, joinString: textOf(made, "secret") });
  if (joined.kind === "joined") return joined.enrolment;
  throw new Failure(
    "permission_denied",
    `Somebody has to let this machine in, who sees the code ${joined.code}: cmdop machines approve ${joined.code}`,
  );
};
