// What an adapter holds of one link.
import type { LinkHandle } from "../ports.ts";
import { type Link, linkOf, type Machine } from "./machine.ts";
import type { Orders } from "./orders.ts";
import type { Registry } from "./registry.ts";
import type { SessionContext } from "./session-context.ts";

export interface LinkOpening {
  readonly machine: Machine;
  readonly link: Link;
  readonly context: SessionContext;
  readonly registry: Registry;
  readonly orders: Orders;
}

export const openLink = ({ machine, link, context, registry, orders }: LinkOpening): LinkHandle => {
  /** Whatever an agent says is a sign of life; a superseded link says nothing any more. */
  const isCurrent = (): boolean => {
    if (linkOf(machine) !== link) return false;
    machine.state = { kind: "online", link, beatAtMs: context.now() };
    machine.seenAtMs = context.wall();
    return true;
  };
  return {
    heartbeat: (heartbeat) => {
      if (isCurrent()) machine.heartbeat = heartbeat;
    },
    report: (sessions, forgotten) => {
      if (isCurrent()) registry.report(machine, sessions, forgotten);
    },
    orderResult: (orderId, failure) => {
      if (!isCurrent() || orders.result(machine, orderId, failure)) return;
      if (failure) registry.homeRefused(link, orderId, failure);
    },
    goodbye: () => registry.linkClosed(machine, link, true),
    closed: () => registry.linkClosed(machine, link, false),
  };
};
