import { isId, toDisplayText } from "@cmdop/base";
import { type ControlClient, type ControlSchemas, readAll } from "@cmdop/sdk";
import { chooseNamed } from "./choose-named.ts";

type Member = ControlSchemas["Member"];

/** A member by e-mail address or id. */
export const findMember = async (
  client: ControlClient,
  fleet: string,
  wanted: string,
  signal: AbortSignal,
): Promise<Member> => {
  if (isId("mem", wanted)) {
    const { data } = await client.GET("/v1/fleets/{fleet}/members/{member}", {
      params: { path: { fleet, member: wanted } },
      signal,
    });
    if (data) return data;
  }
  const members = await readAll<Member>((page) =>
    client.GET("/v1/fleets/{fleet}/members", { params: { path: { fleet }, query: page }, signal }),
  );
  return chooseNamed(members, wanted, {
    what: "member",
    list: "members list",
    namesOf: ({ account }) => [account.email],
    none: `${toDisplayText(wanted, 100)} is not in this fleet.`,
  });
};
