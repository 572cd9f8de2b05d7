import { type ControlSchemas, readAll } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const edges = await readAll<ControlSchemas["Edge"]>((query) =>
    client.GET("/v1/edges", { params: { query }, signal }),
  );
  const [edge, another] = edges.filter(
    ({ id, name, revokedAt }) => revokedAt === null && (id === wanted || name === wanted),
  );
  if (!edge || another) {
    throw usageError(
      edge ? `Several are called ${wanted}.` : `There is no relay or router ${wanted}, or it is revoked.`,
      "Name it by its id: cmdop edges list",
    );
  }
  await confirmOrThrow(context, {
    effect: `The ${edge.kind} ${edge.name} loses the control plane.`,
    question: `Revoke the credential of the ${edge.kind} ${edge.name}?`,
  });
  await client.DELETE("/v1/edges/{edge}", { params: { path: { edge: edge.id } }, signal });
  print.note(`${edge.name} is revoked.`);
  return exitCodes.done;
};
