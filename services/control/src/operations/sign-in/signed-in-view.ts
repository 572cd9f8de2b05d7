import { z } from "zod";
import type { OpenedBrowserSession } from "../../store/identity/browser-sessions.ts";

/** A browser is signed in: the session itself is in the cookie. */
export const signedInSchema = z
  .object({
    kind: z.literal("signed_in"),
    accountId: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: "SignedIn" });

export const secondFactorNeededSchema = z
  .object({
    kind: z.literal("second_factor_needed"),
    challenge: z.string().describe("For the next step, within five minutes"),
    factors: z.array(z.enum(["totp", "backup_code", "passkey"])),
  })
  .meta({ id: "SecondFactorNeeded" });

export const toSignedIn = (
  accountId: string,
  session: OpenedBrowserSession,
): z.input<typeof signedInSchema> => ({
  kind: "signed_in",
  accountId,
  expiresAt: session.expiresAt.toISOString(),
});
