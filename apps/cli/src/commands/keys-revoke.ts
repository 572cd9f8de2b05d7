import { titleOf } from "../find/choose-named.ts";
import { findKey } from "../find/find-key.ts";
import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  find: async (at, wanted) => {
    const { id, name } = await findKey(at, wanted);
    return { id, title: titleOf({ id }, name) };
  },
  confirm: (key) => ({
    effect: "This ends the key, and what is live with it, at once and for good.",
    question: `Revoke ${key}, and end what is live with it?`,
  }),
  ask: ({ client, fleet, signal }, key) =>
    client.DELETE("/v1/fleets/{fleet}/keys/{key}", { params: { path: { fleet, key } }, signal }),
  note: (key) => `${key} is revoked.`,
});
