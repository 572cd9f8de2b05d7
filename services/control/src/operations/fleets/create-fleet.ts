import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { fleetsMax, fleetsPerAccountMax } from "../../core/membership/limits.ts";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { shownName, shownText } from "../../store/shown-text.ts";
import { assertRoom } from "../../store/turns.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { fleetSchema, slugSchema, toFleet } from "./fleet-view.ts";

export const createFleet = writeOperation({
  id: "createFleet",
  method: "POST",
  path: "/v1/fleets",
  tag: "Fleets",
  summary: "Make a fleet, with yourself as its owner",
  access: { kind: "installation", right: "fleets:create" },
  body: z.object({
    name: shownName(100),
    slug: slugSchema,
    description: shownText(500).default(""),
  }),
  answers: { 201: fleetSchema },
  handle: async ({ body, tx, services, ...call }) => {
    const principal = requirePrincipal(call);
    await assertRoomFor(tx, principal.id);
    const id = newId("flt", services.random);
    const row = await tx.db
      .insertInto("fleets")
      .values({ id, slug: body.slug, name: body.name, description: body.description, created_at: tx.now })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", `The slug ${body.slug} is taken.`);
        throw error;
      });
    await tx.db
      .insertInto("memberships")
      .values({
        id: newId("mem", services.random),
        fleet_id: id,
        account_id: principal.id,
        role: "owner",
        invited_by: null,
        created_at: tx.now,
      })
      .execute();
    tx.audit({ action: "fleet.create", fleet: id, target: { kind: "fleet", id }, body: { slug: body.slug } });
    return { status: 201, body: toFleet(row, "owner"), version: row.version };
  },
});

const assertRoomFor = async (tx: WriteTransaction, accountId: string): Promise<void> => {
  const turn = "fleets";
  await assertRoom(tx.db, {
    turn,
    rows: tx.db.selectFrom("fleets").select(({ fn }) => fn.countAll<string>().as("count")),
    max: fleetsMax,
    full: `There are ${fleetsMax} fleets here already.`,
  });
  await assertRoom(tx.db, {
    turn,
    rows: tx.db
      .selectFrom("memberships")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("account_id", "=", accountId)
      .where("role", "=", "owner"),
    max: fleetsPerAccountMax,
    full: `You own ${fleetsPerAccountMax} fleets already.`,
  });
};
