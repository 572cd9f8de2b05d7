// The machine that a path or a command means.
import { Failure } from "@cmdop/base";
import { sql } from "kysely";
import { hiddenMachines } from "../../core/access/memberships.ts";
import type { Membership } from "../../core/access/principal.ts";
import { chooseMachine, prefixCharsMin } from "../../core/machines/choose-machine.ts";
import type { Reader } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";
import type { MachineRow } from "./machines.ts";

const candidatesMax = 10;

/** For whoever has this membership: of machines that are hidden from them only one that is named whole is found. */
export const findMachine = async (
  db: Reader,
  membership: Pick<Membership, "fleetId" | "machineAccess">,
  reference: string,
): Promise<MachineRow> => {
  const { fleetId } = membership;
  const hidden = hiddenMachines(membership);
  const text = reference.toLowerCase();
  const exact = await db
    .selectFrom("machines")
    .selectAll()
    .where("fleet_id", "=", fleetId)
    .where((where) =>
      where.or([
        where("id", "=", reference),
        where(sql<string>`lower(name)`, "=", text),
        where(
          sql<string>`regexp_replace(lower(hostname), '\\.local$', '')`,
          "=",
          text.replace(/\.local$/, ""),
        ),
      ]),
    )
    .execute();
  const seen = exact.filter(({ id }) => !hidden.includes(id));
  const begins =
    exact.length > 0 || reference.length < prefixCharsMin
      ? []
      : await db
          .selectFrom("machines")
          .selectAll()
          .where("fleet_id", "=", fleetId)
          .where("id", "not in", [...hidden, ""])
          .where(
            sql<boolean>`(starts_with(lower(name), ${text}) or starts_with(lower(hostname), ${text}) or starts_with(id, ${reference}))`,
          )
          .orderBy("name")
          .limit(candidatesMax + 1)
          .execute();
  const choice = chooseMachine(reference, { exact: seen.length > 0 ? seen : exact.slice(0, 1), begins });
  switch (choice.kind) {
    case "found":
      return choice.machine;
    case "none":
      throw new Failure("machine_not_found");
    case "several": {
      const candidates = choice.candidates.slice(0, candidatesMax).map(({ id, name, hostname }) => ({
        id,
        name,
        hostname,
      }));
      throw new Failure(
        "ambiguous_name",
        `This may be ${candidates.map(({ name, id }) => `${name} (${id})`).join(", ")}.`,
        { details: { candidates } },
      );
    }
  }
};

/** As findMachine; until the transaction ends nobody else changes, moves or removes it. */
export const lockMachine = async (
  { db }: WriteTransaction,
  membership: Pick<Membership, "fleetId" | "machineAccess">,
  reference: string,
): Promise<MachineRow> => {
  const { id } = await findMachine(db, membership, reference);
  const row = await db
    .selectFrom("machines")
    .selectAll()
    .where("id", "=", id)
    .where("fleet_id", "=", membership.fleetId)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new Failure("machine_not_found");
  return row;
};
