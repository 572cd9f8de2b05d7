import { deliveryStates } from "../options/listed-states.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const webhook: ArgumentSpec = {
  name: "webhook",
  about: "name or id",
  isRequired: true,
  completes: "nothing",
};

const installation: OptionSpec = {
  name: "installation",
  about: "of the installation, which is told of its whole audit log, not of the fleet",
};

export const webhookCommands: readonly CommandSpec[] = [
  {
    name: "webhooks list",
    group: "Fleets",
    about: "list the fleet's webhooks",
    options: [installation],
    examples: ["cmdop webhooks list"],
  },
  {
    name: "webhooks create",
    group: "Fleets",
    about: "tell another service what happens in the fleet",
    details: [
      "The secret that signs is shown once. audit.entry: every entry of the audit log, denials too, in order.",
    ],
    arguments: [
      { name: "name", about: "its name in the fleet", isRequired: true, completes: "nothing" },
      { name: "url", about: "where it is sent to, https", isRequired: true, completes: "nothing" },
    ],
    options: [
      {
        name: "topic",
        value: "topic",
        kind: "list",
        about: "session.end, session.*, * or audit.entry; may be repeated (default *)",
        completes: "nothing",
      },
      installation,
    ],
    examples: [
      "cmdop webhooks create chat https://example.org/hook --topic 'session.*' --topic key.create",
      "cmdop webhooks create siem https://example.org/audit --topic audit.entry",
      "cmdop webhooks create siem https://example.org/audit --installation",
    ],
  },
  {
    name: "webhooks update",
    group: "Fleets",
    about: "change a webhook, shut it for now, or open it again",
    details: ["The secret stays: another one is another webhook. Shutting it drops what waits."],
    arguments: [webhook],
    options: [
      { name: "name", value: "name", kind: "text", about: "another name", completes: "nothing" },
      {
        name: "url",
        value: "url",
        kind: "text",
        about: "where it is sent to from now on",
        completes: "nothing",
      },
      {
        name: "topic",
        value: "topic",
        kind: "list",
        about: "in place of those before; may be repeated",
        completes: "nothing",
      },
      {
        name: "enabled",
        value: "yes|no",
        kind: "text",
        about: "whether anything is sent; one that failed for days was shut",
        choices: ["yes", "no"],
      },
      installation,
    ],
    examples: ["cmdop webhooks update chat --enabled yes"],
  },
  {
    name: "webhooks test",
    group: "Fleets",
    about: "send a test event",
    arguments: [webhook],
    options: [installation],
    examples: ["cmdop webhooks test chat"],
  },
  {
    name: "webhooks deliveries",
    group: "Fleets",
    about: "list what was sent and what came of it",
    arguments: [webhook],
    options: [
      {
        name: "state",
        value: "state",
        kind: "text",
        about: "those alone that wait, were delivered, or failed",
        choices: [...deliveryStates],
      },
      { name: "limit", short: "n", value: "n", kind: "integer", about: "deliveries (default 50)" },
      installation,
    ],
    examples: ["cmdop webhooks deliveries chat --state failed"],
  },
  {
    name: "webhooks redeliver",
    group: "Fleets",
    about: "send a finished delivery again, with the same id",
    arguments: [
      webhook,
      {
        name: "delivery",
        about: "id, as in cmdop webhooks deliveries",
        isRequired: true,
        completes: "nothing",
      },
    ],
    options: [installation],
    examples: ["cmdop webhooks deliveries chat --state failed", "cmdop webhooks redeliver chat DELIVERY"],
  },
  {
    name: "webhooks delete",
    group: "Fleets",
    about: "remove a webhook and its log",
    arguments: [webhook],
    options: [installation, { name: "yes", about: "do not ask" }],
    examples: ["cmdop webhooks delete chat"],
  },
];
