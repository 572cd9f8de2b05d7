// Where a webhook stands: in the fleet, or with --installation above all of them. The requests are the same.
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import type { deliveryStates } from "./options/listed-states.ts";

interface WebhookBody {
  readonly name: string;
  readonly url: string;
  readonly topics: string[];
}

interface Page {
  readonly limit?: number;
  readonly cursor?: string;
}

interface DeliveryPage extends Page {
  readonly state?: (typeof deliveryStates)[number];
}

type Reply<Data> = Promise<{ readonly data?: Data }>;

export interface WebhooksPlace {
  /** Topics when none is given. */
  readonly topics: string[];
  list(page: Page): Reply<{ items: ControlSchemas["Webhook"][]; nextCursor: string | null }>;
  create(body: WebhookBody): Reply<ControlSchemas["NewWebhook"]>;
  get(webhook: string): Reply<ControlSchemas["Webhook"]>;
  update(
    webhook: string,
    headers: { "if-match": string },
    body: Partial<WebhookBody> & { isEnabled?: boolean },
  ): Reply<ControlSchemas["Webhook"]>;
  remove(webhook: string): Promise<unknown>;
  test(webhook: string): Reply<ControlSchemas["WebhookDelivery"]>;
  deliveries(webhook: string, page: DeliveryPage): Reply<{ items: ControlSchemas["WebhookDelivery"][] }>;
  redeliver(webhook: string, delivery: string): Reply<ControlSchemas["WebhookDelivery"]>;
}

export const openWebhooksPlace = async (context: Context): Promise<WebhooksPlace> =>
  context.options.flag("installation") ? await ofInstallation(context) : await ofFleet(context);

const ofFleet = async ({ control, fleet: current, signal }: Context): Promise<WebhooksPlace> => {
  const client = await control();
  const fleet = await current();
  return {
    topics: ["*"],
    list: (query) =>
      client.GET("/v1/fleets/{fleet}/webhooks", { params: { path: { fleet }, query }, signal }),
    create: (body) =>
      client.POST("/v1/fleets/{fleet}/webhooks", { params: { path: { fleet } }, body, signal }),
    get: (webhook) =>
      client.GET("/v1/fleets/{fleet}/webhooks/{webhook}", { params: { path: { fleet, webhook } }, signal }),
    update: (webhook, headers, body) =>
      client.PATCH("/v1/fleets/{fleet}/webhooks/{webhook}", {
        params: { path: { fleet, webhook } },
        headers,
        body,
        signal,
      }),
    remove: (webhook) =>
      client.DELETE("/v1/fleets/{fleet}/webhooks/{webhook}", {
        params: { path: { fleet, webhook } },
        signal,
      }),
    test: (webhook) =>
      client.POST("/v1/fleets/{fleet}/webhooks/{webhook}/test", {
        params: { path: { fleet, webhook } },
        signal,
      }),
    deliveries: (webhook, query) =>
      client.GET("/v1/fleets/{fleet}/webhooks/{webhook}/deliveries", {
        params: { path: { fleet, webhook }, query },
        signal,
      }),
    redeliver: (webhook, delivery) =>
      client.POST("/v1/fleets/{fleet}/webhooks/{webhook}/deliveries/{delivery}/redeliver", {
        params: { path: { fleet, webhook, delivery } },
        signal,
      }),
  };
};

const ofInstallation = async ({ control, signal }: Context): Promise<WebhooksPlace> => {
  const client = await control();
  return {
    topics: ["audit.entry"],
    list: (query) => client.GET("/v1/webhooks", { params: { query }, signal }),
    // The control plane says which topics it takes here.
    create: ({ name, url, topics }) =>
      client.POST("/v1/webhooks", { body: { name, url, topics: topics as "audit.entry"[] }, signal }),
    get: (webhook) => client.GET("/v1/webhooks/{webhook}", { params: { path: { webhook } }, signal }),
    update: (webhook, headers, { topics: _same, ...body }) =>
      client.PATCH("/v1/webhooks/{webhook}", { params: { path: { webhook } }, headers, body, signal }),
    remove: (webhook) => client.DELETE("/v1/webhooks/{webhook}", { params: { path: { webhook } }, signal }),
    test: (webhook) => client.POST("/v1/webhooks/{webhook}/test", { params: { path: { webhook } }, signal }),
    deliveries: (webhook, query) =>
      client.GET("/v1/webhooks/{webhook}/deliveries", { params: { path: { webhook }, query }, signal }),
    redeliver: (webhook, delivery) =>
      client.POST("/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver", {
        params: { path: { webhook, delivery } },
        signal,
      }),
  };
};

/** What is on its way. */
export const showSent = async (
  { options, print }: Context,
  webhook: string,
  { data }: Awaited<ReturnType<WebhooksPlace["test"]>>,
): Promise<number> => {
  if (!data) return exitCodes.failed;
  await (print.isJson ? print.json(data) : print.line(data.id));
  const place = options.flag("installation") ? " --installation" : "";
  print.note(`It is on its way. What came of it: cmdop webhooks deliveries ${webhook}${place}`);
  return exitCodes.done;
};
