// Webhooks stand in a fleet or in the installation. The operations are the same; what differs is where, who may, and
// what can be told there.
import { z } from "zod";
import { auditTopic } from "../../core/webhooks/webhook-policy.ts";
import { type Access, type ReadCall, requireMembership, type WriteCall } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import type { WebhookOwner } from "../../store/webhooks/webhooks.ts";
import { webhookFields } from "./webhook-view.ts";

interface WebhookBody {
  readonly name: string;
  readonly url: string;
  readonly topics: string[];
}

type WebhookChanges = { readonly [Field in keyof WebhookBody]?: WebhookBody[Field] | undefined } & {
  readonly isEnabled?: boolean | undefined;
};

export interface WebhookPlace {
  /** `createWebhook` → `createInstallationWebhook`. */
  idOf(verb: string, noun: string): string;
  readonly path: string;
  /** As a summary says it. */
  readonly whose: string;
  readonly readAccess: Access;
  readonly manageAccess: Access;
  readonly params: z.ZodType;
  readonly webhookParams: z.ZodType<{ readonly webhook: string }>;
  readonly deliveryParams: z.ZodType<{ readonly webhook: string; readonly delivery: string }>;
  readonly body: z.ZodType<WebhookBody>;
  readonly changes: z.ZodType<WebhookChanges>;
  ownerOf(call: Pick<ReadCall, "membership">): WebhookOwner;
}

const webhook = z.string().max(100).describe("Id or name");
const delivery = z.string().max(64);
const inFleet = z.object({ fleet: z.string().max(64).describe("Id or slug"), webhook });
const inInstallation = z.object({ webhook });
const installationFields = {
  ...webhookFields,
  topics: z
    .array(z.literal(auditTopic))
    .length(1)
    .default([auditTopic])
    .describe("The audit log of the installation is all that is told here"),
};

const fleet: WebhookPlace = {
  idOf: (verb, noun) => `${verb}${noun}`,
  path: "/v1/fleets/{fleet}/webhooks",
  whose: "fleet's",
  readAccess: { kind: "fleet", right: "webhooks:read" },
  manageAccess: { kind: "fleet", right: "webhooks:manage" },
  params: fleetParams,
  webhookParams: inFleet,
  deliveryParams: inFleet.extend({ delivery }),
  body: z.object(webhookFields),
  changes: z.object({ ...webhookFields, isEnabled: z.boolean() }).partial(),
  ownerOf: (call) => requireMembership(call).fleetId,
};

const access = { kind: "installation", right: "installation:webhooks" } as const;

const installation: WebhookPlace = {
  idOf: (verb, noun) => `${verb}Installation${noun}`,
  path: "/v1/webhooks",
  whose: "installation's",
  readAccess: access,
  manageAccess: access,
  params: z.object({}),
  webhookParams: inInstallation,
  deliveryParams: inInstallation.extend({ delivery }),
  body: z.object(installationFields),
  changes: z.object({ name: webhookFields.name, url: webhookFields.url, isEnabled: z.boolean() }).partial(),
  ownerOf: () => null,
};

export const webhookPlaces: readonly WebhookPlace[] = [fleet, installation];

export const fleetOf = (owner: WebhookOwner): { readonly fleet?: string } =>
  owner === null ? {} : { fleet: owner };

/**
 * Audit entries go only where somebody sends them who may read them; nobody reads them in the log of deliveries who may
 * not read them there. The right to the installation's webhooks is that of its owners, who may.
 */
export const authorizeEntries = (
  { authorize }: Pick<WriteCall, "authorize">,
  owner: WebhookOwner,
  types: readonly string[],
): void => {
  if (owner !== null && types.includes(auditTopic)) authorize("audit:read", { fleetId: owner });
};
