import { Failure } from "@cmdop/base";
import type { Context } from "../context.ts";

/** More than a person reads are left as they are. */
const namedMax = 20;

/** Machines by their ids, as people know them: `web1 (mch_…)`. One that is gone, or not to be seen, is its id. */
export const machineNames = async (
  { control, fleet: current, signal }: Pick<Context, "control" | "fleet" | "signal">,
  ids: readonly string[],
): Promise<string> => {
  const client = await control();
  const fleet = await current();
  const nameOf = async (machine: string): Promise<string> => {
    try {
      const { data } = await client.GET("/v1/fleets/{fleet}/machines/{machine}", {
        params: { path: { fleet, machine } },
        signal,
      });
      return data ? `${data.name} (${machine})` : machine;
    } catch (error) {
      const isUnseen =
        error instanceof Failure && ["machine_not_found", "permission_denied"].includes(error.code);
      if (isUnseen) return machine;
      throw error;
    }
  };
  const named = await Promise.all(ids.slice(0, namedMax).map(nameOf));
  return [...named, ...ids.slice(namedMax)].join(", ");
};
