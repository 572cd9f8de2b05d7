import { z } from "zod";
import { eventTopics, topicRights } from "../../core/events/topics.ts";
import { type Operation, readOperation, requireMembership, requirePrincipal } from "../../operation.ts";

const topics = z
  .string()
  .max(200)
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(eventTopics)).min(1).max(eventTopics.length));

const markPattern = /^[A-Za-z0-9]{1,20}\.\d{1,15}$/;
const mark = z.string().regex(markPattern, "the id of an event is expected");

const followEvents = readOperation({
  id: "followEvents",
  method: "GET",
  path: "/v1/fleets/{fleet}/events",
  tag: "Events",
  summary: "What changes in the fleet, as it changes",
  description:
    "Server-sent events. `ready`: the topics that are told, `change`: one thing has changed (`topic`, `id`: look it up), " +
    "`resync`: look at everything anew, `heartbeat` every 15 s, `end`: the last one, with the `code` of a failure. " +
    "After a lost connection the header Last-Event-ID goes on where it was, or is answered with `resync`. Without " +
    "`topics` all that the credential may see are told; a topic that is named and may not be seen is refused.",
  access: { kind: "fleet", right: "fleet:read" },
  params: z.object({ fleet: z.string().max(64) }),
  query: z.object({
    topics: topics.optional().describe(`By comma: ${eventTopics.join(", ")}`),
    after: mark.optional().describe("As the header Last-Event-ID, for whoever cannot send it"),
  }),
  answers: { 200: z.string() },
  produces: ["text/event-stream"],
  perMinute: 60,
  handle: async ({ query, headers, services, authorize, ...call }) => {
    const principal = requirePrincipal(call);
    const { fleetId } = requireMembership(call);
    for (const topic of query.topics ?? []) authorize(topicRights[topic], { fleetId });
    // A browser sends what it remembers: one that is none of ours is one that is too old.
    const remembered = headers["last-event-id"]?.slice(0, 64);
    const isOurs = remembered !== undefined && markPattern.test(remembered);
    const body = services.eventStreams.open({
      principal,
      fleetId,
      topics: query.topics,
      after: remembered === undefined ? query.after : isOurs ? remembered : "",
    });
    return {
      status: 200,
      body,
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        // A proxy that keeps a stream back would make it useless.
        "x-accel-buffering": "no",
        // Its end is the end of the connection: a control plane that stops waits for none.
        connection: "close",
      },
    };
  },
});

export const eventOperations: readonly Operation[] = [followEvents];
