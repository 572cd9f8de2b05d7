import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  confirm: (joinToken) => ({
    effect: "No machine joins with this token any more.",
    question: `Revoke the join token ${joinToken}?`,
  }),
  ask: ({ client, fleet, signal }, joinToken) =>
    client.DELETE("/v1/fleets/{fleet}/join-tokens/{joinToken}", {
      params: { path: { fleet, joinToken } },
      signal,
    }),
  note: () => "Revoked. Machines that came with it stay.",
});
