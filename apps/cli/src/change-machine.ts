import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { printMachine } from "./output/machine-text.ts";

type Machine = ControlSchemas["Machine"];
type MachineChange = { readonly name?: string; readonly tags?: string[] };

/** Reads the machine that is meant and changes it as it was read. */
export const changeMachine = async (
  context: Context,
  change: (machine: Machine) => MachineChange,
): Promise<number> => {
  const { arguments: given, control, fleet, signal } = context;
  const client = await control();
  const fleetId = await fleet();
  const read = await client.GET("/v1/fleets/{fleet}/machines/{machine}", {
    params: { path: { fleet: fleetId, machine: given[0] ?? "" } },
    signal,
  });
  if (!read.data) return exitCodes.failed;
  const { data } = await client.PATCH("/v1/fleets/{fleet}/machines/{machine}", {
    params: { path: { fleet: fleetId, machine: read.data.id } },
    headers: { "if-match": `"${read.data.version}"` },
    body: change(read.data),
    signal,
  });
  if (data) await printMachine(context, data);
  return exitCodes.done;
};
