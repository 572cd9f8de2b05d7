import type { ControlSchemas } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findMember } from "../find/find-member.ts";
import type { Column } from "../output/table.ts";

type Access = ControlSchemas["MachineAccess"];
const levels = ["full", "execute", "view", "none"] as const;

const columns: readonly Column<Access>[] = [
  { header: "MACHINE", value: (access) => access.machineName, isWhole: true },
  { header: "ACCESS", value: (access) => access.level, isWhole: true },
  { header: "ID", value: (access) => access.machineId, isWhole: true },
];

export const run = async ({
  arguments: [who = "", machine, wanted],
  control,
  fleet,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const fleetId = await fleet();
  // A service account is named by its id.
  const member = who.startsWith("svc_") ? who : (await findMember(client, fleetId, who, signal)).id;
  const path = { fleet: fleetId, member };
  if (machine === undefined) {
    const { data } = await client.GET("/v1/fleets/{fleet}/members/{member}/machines", {
      params: { path },
      signal,
    });
    await print.list(data?.items ?? [], columns, {
      toJson: (access) => access,
      id: (access) => access.machineId,
      emptyNote: "Every machine is open to the role.",
    });
    return exitCodes.done;
  }
  const level = levels.find((one) => one === wanted);
  if (!level)
    throw usageError(`A level is one of: ${levels.join(", ")}.`, "Type: cmdop members access --help");
  const { data } = await client.PUT("/v1/fleets/{fleet}/members/{member}/machines/{machine}", {
    params: { path: { ...path, machine } },
    body: { level },
    signal,
  });
  if (!data) return exitCodes.done;
  if (print.isJson) await print.json(data);
  else print.note(`${who} has ${data.level} access to ${data.machineName}.`);
  return exitCodes.done;
};
