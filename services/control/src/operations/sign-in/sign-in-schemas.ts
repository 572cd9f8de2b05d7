import { toDisplayText } from "@cmdop/base";
import { z } from "zod";

const shown = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .transform((text) => toDisplayText(text, charsMax).trim());

export const emailSchema = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

export const nameSchema = shown(100).pipe(z.string().min(1));

/** What is typed; what a new one must be is core/identity/password-policy.ts. */
export const passwordSchema = z.string().min(1).max(1024);

export const secondFactorSchema = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("totp"),
      code: z.string().regex(/^\d{3} ?\d{3}$/, "six digits are expected"),
    }),
    z.object({ kind: z.literal("backup_code"), code: z.string().min(16).max(32) }),
  ])
  .meta({ id: "SecondFactor" });
