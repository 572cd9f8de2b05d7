// States by which lists are narrowed, as the API has them.
import type { ControlSchemas } from "@cmdop/sdk";

export const deliveryStates = [
  "waiting",
  "delivered",
  "failed",
] as const satisfies readonly ControlSchemas["WebhookDelivery"]["state"][];

export const runStatuses = [
  ...["waiting", "running", "cancelling", "succeeded", "failed"],
  ...["timed_out", "offline", "cancelled", "refused", "lost"],
] as const satisfies readonly ControlSchemas["Run"]["status"][];
