// Machines that wait to be let in.
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import { usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";

type Enrolment = ControlSchemas["Enrolment"];

export const readEnrolments = async ({ control, fleet, signal }: Context): Promise<readonly Enrolment[]> => {
  const client = await control();
  const path = { fleet: await fleet() };
  return readAll<Enrolment>((query) =>
    client.GET("/v1/fleets/{fleet}/enrolments", { params: { path, query }, signal }),
  );
};

/** By the code that the machine shows, or by its id. A name is not enough: whoever asks chose it. */
export const decideEnrolment = async (context: Context, verb: "approve" | "deny"): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  const found = (await readEnrolments(context)).find(
    ({ id, code }) => id === wanted || code === wanted.toUpperCase(),
  );
  if (!found) throw usageError(`No machine waits with the code ${wanted}.`, "Type: cmdop machines waiting");
  const params = { path: { fleet: await fleet(), enrolment: found.id } };
  const client = await control();
  const { data } =
    verb === "approve"
      ? await client.POST("/v1/fleets/{fleet}/enrolments/{enrolment}/approve", { params, signal })
      : await client.POST("/v1/fleets/{fleet}/enrolments/{enrolment}/deny", { params, signal });
  if (print.isJson && data) await print.json(data);
  else print.note(verb === "approve" ? `${found.name} comes in.` : `${found.name} was turned away.`);
  return exitCodes.done;
};
