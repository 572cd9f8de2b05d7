import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { chooseNamed } from "../find/choose-named.ts";
import { confirmOrThrow } from "../input/confirm.ts";

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
  const edge = chooseNamed(
    edges.filter(({ revokedAt }) => revokedAt === null),
    wanted,
    {
      what: "relay or router",
      list: "edges list",
      namesOf: ({ name }) => [name],
      none: `There is no relay or router ${toDisplayText(wanted, 100)}, or it is revoked.`,
    },
  );
  await confirmOrThrow(context, {
    effect: `The ${edge.kind} ${edge.name} loses the control plane.`,
    question: `Revoke the credential of the ${edge.kind} ${edge.name}?`,
  });
  await client.DELETE("/v1/edges/{edge}", { params: { path: { edge: edge.id } }, signal });
  print.note(`${edge.name} is revoked.`);
  return exitCodes.done;
};
