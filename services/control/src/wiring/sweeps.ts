// What ends by itself: memberships at their time, machines that were to vanish, links of relays that died.
import type { Clock, Scope } from "@cmdop/base";
import type { Logger } from "pino";
import { startMachineSweep } from "../store/machines/machine-sweep.ts";
import { startPresenceSweep } from "../store/machines/presence-sweep.ts";
import { startMembershipSweep } from "../store/membership/membership-sweep.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";

export const startSweeps = (
  scope: Scope,
  options: {
    readonly unitOfWork: UnitOfWork;
    readonly clock: Clock;
    readonly log: Logger;
    readonly machineTokenMs: number;
  },
): void => {
  const { unitOfWork, clock, log, machineTokenMs: tokenMs } = options;
  const common = (event: string) => ({
    unitOfWork,
    clock,
    failed: (cause: unknown) => log.error({ err: cause }, event),
  });
  const memberships = startMembershipSweep(common("memberships.sweep_failed"));
  scope.add(() => memberships.close());
  const machines = startMachineSweep({ ...common("machines.sweep_failed"), tokenMs });
  scope.add(() => machines.close());
  const presence = startPresenceSweep(common("presence.sweep_failed"));
  scope.add(() => presence.close());
};
