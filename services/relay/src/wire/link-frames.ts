// The link's messages, to and from the core's words.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure, isFailureCode, isSessionId, toDisplayText } from "@cmdop/base";
import {
  encodeFramed,
  type Fault,
  LinkDownSchema,
  type OrderResult,
  type Register,
  type SessionReport,
} from "@cmdop/protocol";
import type { LinkOrder } from "../core/frames.ts";
import type { HostedSession } from "../core/parties.ts";
import { fromHostedSession, toSessionSpec } from "./parties.ts";
import { toNumber } from "./values.ts";

/** Far above what an agent may register; what is kept is the core's to say. */
const reportedMax = 4096;

export type LinkDownBody = Exclude<MessageInitShape<typeof LinkDownSchema>["body"], undefined>;

export const encodeLinkDown = (body: LinkDownBody): Uint8Array => encodeFramed(LinkDownSchema, { body });

export const encodeOrder = (order: LinkOrder): Uint8Array => {
  switch (order.kind) {
    case "open":
      return encodeLinkDown({
        case: "open",
        value: {
          orderId: BigInt(order.orderId),
          sessionId: order.sessionId,
          spec: toSessionSpec(order.spec, order.openedBy),
          homeToken: order.homeToken,
        },
      });
    case "home":
      return encodeLinkDown({
        case: "home",
        value: { orderId: BigInt(order.orderId), sessionId: order.sessionId, homeToken: order.homeToken },
      });
    case "close":
      return encodeLinkDown({
        case: "close",
        value: {
          orderId: BigInt(order.orderId),
          sessionId: order.sessionId,
          operator: order.operator,
          graceMs: order.graceMs,
          forget: order.forget,
        },
      });
    case "move":
      return encodeLinkDown({ case: "move", value: { relays: [...order.relays], withinMs: order.withinMs } });
  }
};

const fromSessions = (sessions: Register["sessions"]): HostedSession[] => {
  if (sessions.length > reportedMax) {
    throw new Failure("invalid_argument", `At most ${reportedMax} sessions are reported at once.`);
  }
  return sessions.map(fromHostedSession);
};

export const fromRegisteredSessions = (register: Register): HostedSession[] =>
  fromSessions(register.sessions);

export const fromReport = (report: SessionReport): { sessions: HostedSession[]; forgotten: string[] } => ({
  sessions: fromSessions(report.sessions),
  forgotten: report.forgotten.filter(isSessionId),
});

/** What a machine said of an order. Its text is shown to operators: made safe; its code must be one of ours. */
export const fromFault = (fault: Fault): Failure =>
  isFailureCode(fault.code)
    ? new Failure(fault.code, toDisplayText(fault.text, 512) || undefined, {
        ...(fault.retryAfterMs > 0 ? { retryAfterMs: fault.retryAfterMs } : {}),
      })
    : new Failure("internal");

export const fromOrderResult = (result: OrderResult): { orderId: number; failure: Failure | undefined } => ({
  orderId: toNumber(result.orderId, "order_id"),
  failure: result.fault === undefined ? undefined : fromFault(result.fault),
});
