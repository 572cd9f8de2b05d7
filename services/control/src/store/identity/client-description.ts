// What signs in, as it calls itself: shown to people, believed by nobody.
import { toDisplayText } from "@cmdop/base";
import { z } from "zod";

const shown = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .transform((text) => toDisplayText(text, charsMax).trim());

export const clientSchema = z.object({
  name: shown(64).pipe(z.string().min(1)),
  hostname: shown(255).optional(),
  version: shown(64).optional(),
});
export type ClientDescription = z.output<typeof clientSchema>;

/** As it stands in a credential's row. */
export const toClientRow = (client: ClientDescription): Record<string, string> => ({
  name: client.name,
  ...(client.hostname ? { hostname: client.hostname } : {}),
  ...(client.version ? { version: client.version } : {}),
});

/** What a login is called in lists: the machine that it is on, where that is known. */
export const loginNameOf = (client: Readonly<Record<string, string>>): string =>
  client.hostname ?? client.name ?? "terminal";
