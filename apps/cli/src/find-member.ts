import { type ControlClient, type ControlSchemas, readAll } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

type Member = ControlSchemas["Member"];

/** A member by e-mail address or id. */
export const findMember = async (
  client: ControlClient,
  fleet: string,
  wanted: string,
  signal: AbortSignal,
): Promise<Member> => {
  if (wanted.startsWith("mem_")) {
    const { data } = await client.GET("/v1/fleets/{fleet}/members/{member}", {
      params: { path: { fleet, member: wanted } },
      signal,
    });
    if (data) return data;
  }
  const members = await readAll<Member>((page) =>
    client.GET("/v1/fleets/{fleet}/members", { params: { path: { fleet }, query: page }, signal }),
  );
  const found = members.find(({ account }) => account.email === wanted.toLowerCase());
  if (found) return found;
  throw new CliError({
    what: "no such member",
    why: `${wanted} is not in this fleet.`,
    next: "Type: cmdop members list",
    code: "not_found",
  });
};
