import { Failure } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { FleetPlace } from "../fleet-request.ts";
import { chooseNamed, fittingNamed } from "./choose-named.ts";

type Key = ControlSchemas["Key"];

const namesOf = ({ name }: Key): readonly string[] => [name];

/** A key of the fleet by id, name, or the beginning of its id. Those that are over are meant where no live one is. */
export const findKey = async ({ client, fleet, signal }: FleetPlace, wanted: string): Promise<Key> => {
  const byId = /^[0-9A-Za-z]{10}$/.test(wanted)
    ? await readKey({ client, fleet, signal }, wanted)
    : undefined;
  if (byId) return byId;
  const list = (state: "live" | "any") =>
    readAll<Key>((page) =>
      client.GET("/v1/fleets/{fleet}/keys", {
        params: { path: { fleet }, query: { ...page, state } },
        signal,
      }),
    );
  const live = await list("live");
  const keys = fittingNamed(live, wanted, namesOf).length > 0 ? live : await list("any");
  return chooseNamed(keys, wanted, { what: "key", list: "keys list", namesOf });
};

const readKey = async ({ client, fleet, signal }: FleetPlace, key: string): Promise<Key | undefined> => {
  try {
    const { data } = await client.GET("/v1/fleets/{fleet}/keys/{key}", {
      params: { path: { fleet, key } },
      signal,
    });
    return data;
  } catch (cause) {
    // A name may look like an id.
    if (cause instanceof Failure && cause.code === "not_found") return undefined;
    throw cause;
  }
};
