// What can be watched, and the right that it takes. What is published under another name is told to nobody.
import type { FleetRight } from "../access/rights.ts";

export const eventTopics = [
  "machine",
  "enrolment",
  "alert",
  "session",
  "schedule",
  "run",
  "member",
  "role",
  "invitation",
  "key",
  "fleet",
  "budget",
  "audit",
] as const;

export type EventTopic = (typeof eventTopics)[number];

/** That of the list in which a watcher looks then. */
export const topicRights: Readonly<Record<EventTopic, FleetRight>> = {
  machine: "machines:read",
  enrolment: "machines:approve",
  alert: "machines:read",
  session: "sessions:read",
  schedule: "schedules:read",
  run: "schedules:read",
  member: "members:read",
  role: "roles:read",
  invitation: "members:invite",
  key: "keys:read",
  fleet: "fleet:read",
  budget: "usage:read",
  audit: "audit:read",
};

const published: ReadonlyMap<string, EventTopic> = new Map([
  ["machine", "machine"],
  ["enrolment", "enrolment"],
  ["alert", "alert"],
  ["session", "session"],
  ["schedule.changed", "schedule"],
  ["run.changed", "run"],
  ["members", "member"],
  ["roles", "role"],
  ["invitations", "invitation"],
  ["keys", "key"],
  ["fleets", "fleet"],
  ["budget.alert", "budget"],
  ["audit", "audit"],
]);

/** Of what an operation publishes. */
export const topicOf = (name: string): EventTopic | undefined => published.get(name);

/** Changes after which somebody may be allowed less. */
export const isAboutRights = (topic: EventTopic): boolean =>
  topic === "member" || topic === "role" || topic === "fleet" || topic === "key";
