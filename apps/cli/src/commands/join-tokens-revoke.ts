import { type ControlSchemas, readAll } from "@cmdop/sdk";
import { chooseNamed, fittingNamed, titleOf } from "../find/choose-named.ts";
import { fleetRequest } from "../fleet-request.ts";

type JoinToken = ControlSchemas["JoinToken"];

const namesOf = ({ name }: JoinToken): readonly string[] => [name];

export const run = fleetRequest({
  find: async ({ client, fleet, signal }, wanted) => {
    const tokens = await readAll<JoinToken>((query) =>
      client.GET("/v1/fleets/{fleet}/join-tokens", { params: { path: { fleet }, query }, signal }),
    );
    // Names are used again: a live one is meant before those that are over.
    const live = tokens.filter(({ state }) => state === "live");
    const { id, name } = chooseNamed(fittingNamed(live, wanted, namesOf).length > 0 ? live : tokens, wanted, {
      what: "join token",
      list: "join-tokens list",
      namesOf,
    });
    return { id, title: titleOf({ id }, name) };
  },
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
