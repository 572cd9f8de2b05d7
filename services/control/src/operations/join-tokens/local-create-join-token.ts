import { Failure } from "@cmdop/base";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";
import { firstFleetSlug } from "../../store/identity/owners.ts";
import { addJoinToken } from "./add-join-token.ts";
import { joinTokenBodySchema, newJoinTokenSchema } from "./join-token-view.ts";

/** For the machine that the control plane itself runs on. */
export const localCreateJoinToken = writeOperation({
  id: "localCreateJoinToken",
  method: "POST",
  path: "/local/v1/machines",
  tag: "Machines",
  summary: "Make a join token on the control plane's own machine",
  access: { kind: "local" },
  hasSecret: true,
  body: z.object({ fleet: z.string().max(64).default(firstFleetSlug).describe("Slug") }),
  answers: { 201: newJoinTokenSchema },
  handle: async ({ body, tx, services }) => {
    const fleet = await tx.db
      .selectFrom("fleets")
      .select("id")
      .where("slug", "=", body.fleet)
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    if (!fleet) {
      throw new Failure("not_found", `There is no fleet ${body.fleet}: sign in on this machine first.`);
    }
    return addJoinToken(tx, services, fleet.id, joinTokenBodySchema.parse({ name: "this machine" }));
  },
});
