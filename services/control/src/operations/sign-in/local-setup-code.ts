import { Failure } from "@cmdop/base";
import { z } from "zod";
import { setupCodeMs } from "../../core/identity/lifetimes.ts";
import { writeOperation } from "../../operation.ts";
import { addOneTimeCode } from "../../store/identity/one-time-codes.ts";
import { lockClaim } from "../../store/identity/owners.ts";

export const localSetupCode = writeOperation({
  id: "localSetupCode",
  method: "POST",
  path: "/local/v1/setup-codes",
  tag: "Sign-in",
  summary: "An address at which the first owner is made, once, within a day",
  access: { kind: "local" },
  hasSecret: "everything",
  answers: { 201: z.object({ url: z.string(), expiresAt: z.iso.datetime() }) },
  handle: async ({ tx, services }) => {
    const { isClaimed } = await lockClaim(tx);
    if (isClaimed) {
      throw new Failure("gone", "There is an owner already.");
    }
    // One at a time: an earlier one that went astray is no good any more.
    await tx.db.deleteFrom("one_time_codes").where("purpose", "=", "setup").execute();
    const { id, code, expiresAt } = await addOneTimeCode(tx, services.random, {
      purpose: "setup",
      accountId: null,
      validMs: setupCodeMs,
    });
    tx.audit({ action: "setup_code.create", body: { code: id } });
    const url = `${services.addresses.publicUrl()}/setup#code=${code}`;
    return { status: 201, body: { url, expiresAt: expiresAt.toISOString() } };
  },
});
