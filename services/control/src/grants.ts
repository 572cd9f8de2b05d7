// Nobody gives what they lack.
import { Failure } from "@cmdop/base";
import { canGrant } from "./core/access/can.ts";
import type { MachineAccess, Membership } from "./core/access/principal.ts";
import type { FleetRight } from "./core/access/rights.ts";
import { isHigherLevel } from "./core/membership/machine-levels.ts";
import { type Operation, type PrepareCall, requirePrincipal } from "./operation.ts";

type Giver = Pick<PrepareCall, "principal" | "actor" | "origin" | "services">;

/** `permission_denied` (and an audit entry) when the grant would give a right that its giver lacks there. */
export const assertGrantable = (
  call: Giver,
  grant: {
    readonly rights: Iterable<FleetRight>;
    readonly fleetId: string;
    readonly operation: Operation["id"];
  },
): void => {
  const { services, actor, origin } = call;
  const { fleetId: fleet, operation } = grant;
  const decision = canGrant(requirePrincipal(call), grant.rights, fleet, services.clock.wallMs());
  if (decision.kind === "allow") return;
  const { right } = decision;
  services.denials.record({ actor, origin, operation, right, fleet, reason: "not_grantable" });
  throw new Failure("permission_denied", `You cannot give the right ${right}: you do not have it here.`, {
    details: { right, reason: "not_grantable" },
  });
};

/**
 * The same where the grant would reach further on a single machine than its giver does. `levels` of whoever gets it,
 * by machine. For what gives: a lower role, an end or a removal asks rights alone, so that who may manage somebody can always
 * shut them out.
 */
export const assertReachable = (
  call: Giver,
  grant: {
    readonly giver: Membership;
    readonly levels: ReadonlyMap<string, MachineAccess>;
    readonly operation: Operation["id"];
  },
): void => {
  const { fleetId, machineAccess } = grant.giver;
  for (const [machineId, own] of machineAccess) {
    if (!isHigherLevel(grant.levels.get(machineId) ?? "full", own)) continue;
    const text = `Your own access to the machine ${machineId} is ${own}: this would reach further.`;
    throw refuse(call, { operation: grant.operation, fleetId, reason: "not_grantable", text });
  }
};

/** Whether a membership with this end would last longer than that of whoever gives it. */
export const outlasts = (end: Date | null, { expiresAtMs }: Pick<Membership, "expiresAtMs">): boolean =>
  expiresAtMs !== undefined && (end === null || end.getTime() > expiresAtMs);

/** `permission_denied`, and an audit entry, when it would. */
export const assertNotOutlasting = (
  call: Giver,
  grant: {
    readonly giver: Membership;
    readonly end: Date | null;
    readonly operation: Operation["id"];
  },
): void => {
  const { giver, end, operation } = grant;
  if (!outlasts(end, giver)) return;
  const text = "Your own membership ends: what you give ends by then.";
  throw refuse(call, { operation, fleetId: giver.fleetId, reason: "outlasts_giver", text });
};

/** `permission_denied`, and an audit entry: for what no right alone decides. */
export const refuse = (
  { services, actor, origin }: Giver,
  refused: {
    readonly operation: Operation["id"];
    readonly fleetId: string;
    readonly reason: string;
    readonly text: string;
  },
): Failure => {
  const { operation, fleetId: fleet, reason, text } = refused;
  services.denials.record({ actor, origin, operation, fleet, reason });
  return new Failure("permission_denied", text, { details: { reason } });
};
