import { type ControlSchemas, readAll } from "@cmdop/sdk";
import { chooseNamed } from "../find/choose-named.ts";
import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  find: async ({ client, fleet, signal }, wanted) => {
    const invitations = await readAll<ControlSchemas["Invitation"]>((page) =>
      client.GET("/v1/fleets/{fleet}/invitations", {
        params: { path: { fleet }, query: { ...page, state: "waiting" } },
        signal,
      }),
    );
    const { id, email } = chooseNamed(invitations, wanted, {
      what: "waiting invitation",
      list: "invitations list",
      namesOf: (invitation) => [invitation.email],
    });
    return { id, title: email };
  },
  ask: ({ client, fleet, signal }, invitation) =>
    client.DELETE("/v1/fleets/{fleet}/invitations/{invitation}", {
      params: { path: { fleet, invitation } },
      signal,
    }),
  note: (email) => `The invitation of ${email} is taken back.`,
});
