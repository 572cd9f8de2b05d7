import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { printRecord } from "./record.ts";

type Fleet = ControlSchemas["Fleet"];

export const printFleet = (context: Pick<Context, "print">, fleet: Fleet): Promise<void> =>
  printRecord(context, fleet, [
    ["slug", fleet.slug],
    ["name", fleet.name],
    ["description", fleet.description || null],
    ["your role", fleet.role],
    ["second factor", fleet.mfaRequired ? "required" : "not required"],
    ["approval", fleet.approvalNeeded ? "machines wait until they are let in" : "not needed"],
    ["outage", fleet.outagePolicy],
    ["since", fleet.createdAt],
    ...(fleet.deleteAfter ? [["ends", fleet.deleteAfter] as const] : []),
    ["id", fleet.id],
  ]);
