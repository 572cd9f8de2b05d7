// What may stand in the route table's file.
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { capabilities, tiers } from "../../core/model-name.ts";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "lower case letters, digits and dashes are expected");
const id = z.string().regex(/^[!-~]{1,256}$/, "up to 256 ASCII characters without spaces are expected");
const address = z
  .url({ protocol: /^https?$/, error: "an address such as http://127.0.0.1:11434/v1 is expected" })
  .refine((text) => URL.canParse(text) && new URL(text).username === "", "a key in an address is refused");
const keyReference = z
  .string()
  .regex(/^env:[A-Za-z_][A-Za-z0-9_]*$/, "env:NAME is expected: keys do not stand in the file");

const provider = z.union([
  address.transform((url) => ({ url, keys: [] as string[], kind: "openai" as const })),
  z.strictObject({
    kind: z.enum(["openai", "openrouter"]).default("openai"),
    url: address.optional(),
    keys: z.array(keyReference).max(64).default([]),
  }),
]);

const price = z.strictObject({ input: z.number().min(0), output: z.number().min(0) });

const aboutModel = {
  capabilities: z.array(z.enum(capabilities)).default([]),
  context: z.number().int().positive().optional(),
  price: price.optional(),
};

const model = z.strictObject({
  provider: name,
  as: id.optional(),
  ...aboutModel,
  fallbacks: z.array(id).max(8).default([]),
});

/** Set by the router itself, or framing. */
const reservedHeaders =
  /^(?:authorization|x-api-key|host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|accept|keep-alive|cookie|proxy-.*)$/;

export const isReservedHeader = (header: string): boolean => reservedHeaders.test(header.toLowerCase());

const ownProvider = z.strictObject({
  url: address,
  keys: z.array(keyReference).max(64).default([]),
  headers: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9-]{1,64}$/, "a header's name in lower case is expected")
        .refine((header) => !isReservedHeader(header), "this header is the router's"),
      z.string().regex(/^[ -~]{0,1024}$/, "printable ASCII is expected"),
    )
    .default({}),
  /** All that it is asked for; without them: anything. */
  models: z.record(id, z.strictObject(aboutModel)).optional(),
});

const range = z
  .string()
  .refine((text) => ipaddr.isValidCIDR(text), "a range such as 10.1.0.0/16 is expected");

const caller = z.strictObject({
  id,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of the key in hex is expected"),
  models: z.array(id).optional(),
  limits: z
    .strictObject({
      requests_per_minute: z.number().int().positive().optional(),
      tokens_per_minute: z.number().int().positive().optional(),
      concurrent: z.number().int().positive().optional(),
      request_bytes: z.number().int().positive().optional(),
    })
    .optional(),
  /** In US dollars; counted in this process, from its start. */
  budget: z.strictObject({ usd: z.number().min(0), every: z.enum(["day", "month"]).optional() }).optional(),
  providers: z.record(name, ownProvider).default({}),
  /** Brought by this caller, for this caller alone. */
  search: z
    .strictObject({
      serper: z
        .strictObject({ url: address.optional(), keys: z.array(keyReference).min(1).max(64) })
        .optional(),
      searxng: address.optional(),
    })
    .default({}),
});

const search = z.strictObject({
  serper: z
    .strictObject({ url: address.optional(), keys: z.array(keyReference).max(64).default([]) })
    .optional(),
  searxng: address.optional(),
});

export const routeFileSchema = z.strictObject({
  providers: z.record(name, provider).default({}),
  models: z.record(id, model).default({}),
  tiers: z.partialRecord(z.enum(tiers), z.array(id).max(16)).default({}),
  default: name.optional(),
  search: search.default({}),
  allowed_ranges: z.array(range).max(64).default([]),
  callers: z.array(caller).max(10_000).default([]),
});
export type RouteFile = z.infer<typeof routeFileSchema>;
