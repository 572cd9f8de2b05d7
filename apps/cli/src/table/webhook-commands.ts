import type { ArgumentSpec, CommandSpec } from "../command-spec.ts";

const webhook: ArgumentSpec = {
  name: "webhook",
  about: "name or id",
  isRequired: true,
  completes: "nothing",
};

export const webhookCommands: readonly CommandSpec[] = [
  { name: "webhooks list", group: "Fleets", about: "list the fleet's webhooks" },
  {
    name: "webhooks create",
    group: "Fleets",
    about: "tell another service what happens in the fleet",
    details: ["The secret that signs is shown once."],
    arguments: [
      { name: "name", about: "its name in the fleet", isRequired: true, completes: "nothing" },
      { name: "url", about: "where it is sent to, https", isRequired: true, completes: "nothing" },
    ],
    options: [
      {
        name: "topic",
        value: "topic",
        kind: "list",
        about: "session.end, session.* or *; may be repeated (default *)",
        completes: "nothing",
      },
    ],
    examples: ["cmdop webhooks create chat https://example.org/hook --topic 'session.*' --topic key.create"],
  },
  {
    name: "webhooks test",
    group: "Fleets",
    about: "send a test event",
    arguments: [webhook],
  },
  {
    name: "webhooks deliveries",
    group: "Fleets",
    about: "list what was sent and what came of it",
    arguments: [webhook],
    options: [{ name: "limit", short: "n", value: "n", kind: "integer", about: "deliveries (default 50)" }],
  },
  {
    name: "webhooks delete",
    group: "Fleets",
    about: "remove a webhook and its log",
    arguments: [webhook],
    options: [{ name: "yes", about: "do not ask" }],
  },
];
