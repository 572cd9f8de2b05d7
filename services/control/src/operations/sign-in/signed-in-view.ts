import { z } from "zod";

/** A browser is signed in: the session itself is in the cookie. */
export const signedInSchema = z
  .object({
    kind: z.literal("signed_in"),
    accountId: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: "SignedIn" });
