// Sends webhooks: in a process of the control plane, beside the requests.
import type { Logger } from "pino";
import { createWebhookPoster } from "../adapters/webhooks/post-webhook.ts";
import type { ControlConfig } from "../config.ts";
import { webhooksInFlightMax, webhookTimeoutMs } from "../core/webhooks/webhook-policy.ts";
import type { Services } from "../services.ts";
import type { ControlDatabase } from "../store/schema.ts";
import { openWebhookSender, type WebhookSender } from "../webhooks/webhook-sender.ts";

export const openWebhooks = async (options: {
  readonly config: Pick<ControlConfig, "webhookRanges">;
  readonly database: ControlDatabase;
  readonly services: Pick<Services, "unitOfWork" | "clock" | "sealer">;
  readonly log: Logger;
}): Promise<WebhookSender> => {
  const { config, database, services, log } = options;
  const { unitOfWork, clock, sealer } = services;
  const poster = createWebhookPoster({
    allowedRanges: () => config.webhookRanges,
    timeoutMs: webhookTimeoutMs,
    inFlightMax: webhooksInFlightMax,
  });
  const sender = await openWebhookSender({
    database,
    unitOfWork,
    clock,
    sealer,
    post: poster.post,
    failed: (cause) => log.error({ err: cause }, "webhooks.failed"),
  });
  return {
    close: async () => {
      await sender.close();
      await poster.close();
    },
  };
};
