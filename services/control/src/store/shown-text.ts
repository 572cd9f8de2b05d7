import { toDisplayText } from "@cmdop/base";
import { z } from "zod";

/** Text that people read: without control characters and without space at its ends. */
export const shownText = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .transform((text) => toDisplayText(text, charsMax).trim());

export const shownName = (charsMax: number) => shownText(charsMax).pipe(z.string().min(1));
