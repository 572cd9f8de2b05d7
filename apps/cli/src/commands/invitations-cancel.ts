import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, invitation) =>
    client.DELETE("/v1/fleets/{fleet}/invitations/{invitation}", {
      params: { path: { fleet, invitation } },
      signal,
    }),
  note: () => "The invitation is taken back.",
});
