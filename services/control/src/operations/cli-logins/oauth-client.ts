import { Failure } from "@cmdop/base";
import { z } from "zod";

/** The one client: terminals. It has no secret, as nothing that is installed on many machines can have one. */
const clientId = "cmdop-cli";

export const clientIdSchema = z.string().max(64);

export const assertClient = (given: string): void => {
  if (given !== clientId) throw new Failure("invalid_client");
};
