import { Failure } from "@cmdop/base";
import { z } from "zod";
import { parseUserCode } from "../../core/identity/device-grant.ts";
import { writeOperation } from "../../operation.ts";
import { userCodeHash } from "../../store/identity/device-grants.ts";
import { forgetTries } from "../../store/identity/sign-in-throttle.ts";
import { requireBrowser } from "./browser-approval.ts";

export const claimDeviceLogin = writeOperation({
  id: "claimDeviceLogin",
  method: "POST",
  path: "/v1/device-logins/claim",
  tag: "Terminal login",
  summary:
    "See which terminal has this code; from then on it is yours to approve or to deny, and nobody else's",
  access: { kind: "signed_in" },
  perMinute: 20,
  body: z.object({ userCode: z.string().min(1).max(32) }),
  answers: {
    200: z
      .object({
        id: z.string(),
        client: z.record(z.string(), z.string()).describe("As it calls itself"),
        requestedFrom: z.string().nullable(),
        isFromHere: z.boolean().describe("Whether it asked from the address from which you do"),
        requestedAt: z.iso.datetime(),
        expiresAt: z.iso.datetime(),
      })
      .meta({ id: "DeviceLogin" }),
  },
  prepare: async ({ services, origin, ...call }) => {
    // Codes are short: without a count, somebody signed in could try them all for another's terminal.
    const attempt = { account: `device codes of ${requireBrowser(call).id}`, ip: origin.ip };
    await services.signInThrottle.enter(attempt);
    return { attempt };
  },
  handle: async ({ body, tx, origin, prepared, ...call }) => {
    const { id: accountId } = requireBrowser(call);
    const code = parseUserCode(body.userCode);
    const row = await tx.db
      .updateTable("device_grants")
      .set({ state: "claimed", account_id: accountId })
      .where("user_code_hash", "=", userCodeHash(code ?? ""))
      .where("expires_at", ">", tx.now)
      .where((grant) =>
        grant.or([
          grant("state", "=", "waiting"),
          grant.and([grant("state", "=", "claimed"), grant("account_id", "=", accountId)]),
        ]),
      )
      .returningAll()
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "No terminal waits with this code. Is it typed as it is shown?");
    await forgetTries(tx.db, prepared.attempt);
    tx.audit({ action: "device_login.claim", target: { kind: "device_login", id: row.id }, body: {} });
    return {
      status: 200,
      body: {
        id: row.id,
        client: row.client,
        requestedFrom: row.requested_from,
        isFromHere: row.requested_from !== null && row.requested_from === origin.ip,
        requestedAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
      },
    };
  },
});
