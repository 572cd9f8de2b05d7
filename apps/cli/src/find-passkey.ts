import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

type Passkey = ControlSchemas["Passkey"];

/** One of one's own by id, or by its name where that is no other's too. */
export const findPasskey = async (
  client: ControlClient,
  wanted: string,
  signal: AbortSignal,
): Promise<Passkey> => {
  const { data } = await client.GET("/v1/account/passkeys", { signal });
  const found = (data?.items ?? []).filter(({ id, name }) => id === wanted || name === wanted);
  const [passkey, another] = found;
  if (passkey && !another) return passkey;
  throw new CliError(
    passkey
      ? {
          what: "which passkey?",
          why: `${wanted} is the name of ${found.length}: ${found.map(({ id }) => id).join(", ")}.`,
          next: "Name one by its id: cmdop passkeys list shows when each was used.",
          code: "ambiguous_name",
        }
      : {
          what: "no such passkey",
          why: `You have no passkey ${wanted}.`,
          next: "Type: cmdop passkeys list",
          code: "not_found",
        },
  );
};
