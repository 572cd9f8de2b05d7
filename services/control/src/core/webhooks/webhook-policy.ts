// What webhooks are told and how often it is tried.

/** Between one try and the next: five tries in about an hour. */
const retryAfterMs = [30_000, 2 * 60_000, 10 * 60_000, 45 * 60_000] as const;

/** Until the whole answer's head. */
export const webhookTimeoutMs = 10_000;
/** At one webhook at once, by one process. */
export const webhookInFlightMax = 4;
/** Of all webhooks, by one process. */
export const webhooksInFlightMax = 64;
/** Deliveries that wait for one webhook; what comes beyond is dropped and counted. */
export const webhookWaitingMax = 10_000;
export const webhooksPerFleetMax = 50;
/** Without one success for so long, a delivery that fails for good disables the webhook. */
export const webhookFailingMaxMs = 3 * 24 * 3_600_000;
/** The log of deliveries. */
export const webhookDeliveriesKeptMs = 14 * 24 * 3_600_000;
/** Of deliveries of audit entries, so many that are over stay for each webhook: the log itself has them all. */
export const auditDeliveriesKeptMax = 1_000;
export const auditEntriesPerDelivery = 200;
/** Of the entries in one delivery; one entry takes at most 16 KiB. */
export const auditDeliveryBytesMax = 128 * 1024;
/** A process that took a delivery and died gives it back after this. */
export const webhookLeaseMs = 60_000;

/** Undefined: it is not tried again. `attempts`: tries so far. */
export const nextAttemptMs = (attempts: number): number | undefined => retryAfterMs[attempts - 1];

/** Audit entries are not given up, until the webhook is: what comes behind them waits in the log. */
export const nextAuditAttemptMs = (attempts: number): number => nextAttemptMs(attempts) ?? retryAfterMs[3];

/** Every entry of the audit log, denials too, as it is there. What matches `*` is told by itself, so that is not this. */
export const auditTopic = "audit.entry";

/** `session.end`, all of `session.*`, or `*`. */
export const topicPattern = /^(\*|[a-z][a-z0-9_]{0,63}\.(\*|[a-z][a-z0-9_]{0,63}))$/;

export const isTopicWanted = (topics: readonly string[], type: string): boolean =>
  topics.some((topic) => topic === type || (topic.endsWith("*") && type.startsWith(topic.slice(0, -1))));
