import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  confirm: (machine) => ({
    effect: "This ends the machine's link and forgets its key; it can only join anew.",
    question: `Remove ${machine}?`,
  }),
  ask: ({ client, fleet, signal }, machine) =>
    client.DELETE("/v1/fleets/{fleet}/machines/{machine}", { params: { path: { fleet, machine } }, signal }),
  note: () => "Removed.",
});
