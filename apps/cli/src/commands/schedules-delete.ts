import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  confirm: (schedule) => ({
    effect: "This removes the schedule and ends what it runs.",
    question: `Remove ${schedule} and end what it runs?`,
  }),
  ask: ({ client, fleet, signal }, schedule) =>
    client.DELETE("/v1/fleets/{fleet}/schedules/{schedule}", {
      params: { path: { fleet, schedule } },
      signal,
    }),
  note: (schedule) => `${schedule} is removed.`,
});
