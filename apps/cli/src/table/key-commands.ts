import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const integer = (name: string, about: string): OptionSpec => ({
  name,
  value: "n",
  kind: "integer",
  about,
  completes: "nothing",
});

const list = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "list",
  about,
  completes: "nothing",
});

const duration = (name: string, about: string): OptionSpec => ({
  name,
  value: "duration",
  kind: "duration",
  about,
  completes: "nothing",
});

const word = (name: string, about: string): ArgumentSpec => ({
  name,
  about,
  isRequired: true,
  completes: "nothing",
});

const limitOptions: readonly OptionSpec[] = [
  list("model", "model", "at the router: these models alone; may be repeated"),
  integer("requests-per-minute", "at the router: so many requests a minute"),
  integer("tokens-per-minute", "at the router: so many tokens a minute"),
  integer("concurrent", "at the router: so many requests at once"),
  {
    name: "max-request-size",
    value: "size",
    kind: "size",
    about: "at the router: no larger body of a request, as 512KiB",
    completes: "nothing",
  },
];

const yes: OptionSpec = { name: "yes", about: "do not ask" };
const key = word("key", "name, id, or a unique beginning of the id");

export const keyCommands: readonly CommandSpec[] = [
  {
    name: "keys create",
    group: "Keys",
    about: "make a key for a program",
    details: [
      "The key alone goes to standard output, once. It is good in this fleet, and never wider than you.",
      "Needs a sign-in of the last 15 minutes: cmdop login.",
    ],
    arguments: [word("name", "what it is for, in lists")],
    options: [
      list("scope", "rights", "what it may, by comma; may be repeated (default: all that you may)"),
      text("service-account", "name", "a key of this service account: it depends on no person"),
      text("expires", "duration", "good for, at most 366d (default 90d)"),
      ...limitOptions,
      { name: "ai", about: "an AI works with it: a person's typing pre-empts it" },
    ],
    examples: [
      "cmdop keys create ci --scope machines:read,sessions:open,sessions:operate --expires 30d",
      "cmdop keys create bot --service-account deploy > key.txt",
    ],
  },
  {
    name: "keys list",
    group: "Keys",
    about: "list live keys: yours, and with keys:read everybody's",
    options: [{ name: "all", short: "a", about: "those that are over too" }],
    examples: ["cmdop keys list --all"],
  },
  {
    name: "keys show",
    group: "Keys",
    about: "show a key, without its secret",
    arguments: [key],
    examples: ["cmdop keys show app"],
  },
  {
    name: "keys update",
    group: "Keys",
    about: "change a key: rename it, or narrow what it may, at once",
    details: ["A key is never widened: make another."],
    arguments: [key],
    options: [
      text("name", "name", "what it is for, in lists"),
      list("scope", "rights", "all that it may from now on, by comma; may be repeated"),
      ...limitOptions,
    ],
    examples: ["cmdop keys update ci --scope machines:read --requests-per-minute 60"],
  },
  {
    name: "keys rotate",
    group: "Keys",
    about: "make a key that takes another's place; the old one ends after the overlap",
    arguments: [key],
    options: [
      duration("overlap", "both are good for so long (default 1h; 0s: the old one ends at once)"),
      text("expires", "duration", "the new one is good for, at most 366d (default: as long as the old one)"),
    ],
    examples: ["cmdop keys rotate ci --overlap 1d"],
  },
  {
    name: "keys revoke",
    group: "Keys",
    about: "end a key, and what is live with it, at once",
    arguments: [key],
    options: [yes],
    examples: ["cmdop keys revoke app"],
  },
  {
    name: "keys leaked",
    group: "Keys",
    about: "revoke a token that was found where it should not be, and show what it did",
    details: ["The token comes by standard input."],
    examples: ["cmdop keys leaked < found.txt"],
  },
  {
    name: "service-accounts create",
    group: "Keys",
    about: "make a member that is a program",
    arguments: [word("name", "lowercase")],
    options: [
      text("role", "role", "name or id (default: automation)"),
      text("description", "text", "what it is for"),
    ],
    examples: ["cmdop service-accounts create deploy", "cmdop keys create deploy-1 --service-account deploy"],
  },
  { name: "service-accounts list", group: "Keys", about: "list the fleet's members that are programs" },
  {
    name: "service-accounts show",
    group: "Keys",
    about: "show a service account",
    arguments: [word("service-account", "name or id")],
    examples: ["cmdop service-accounts show deploy"],
  },
  {
    name: "service-accounts update",
    group: "Keys",
    about: "change a service account, shut it for now, or open it again",
    arguments: [word("service-account", "name or id")],
    options: [
      text("name", "name", "another name, lowercase"),
      text("role", "role", "name or id"),
      text("description", "text", "what it is for"),
      { ...text("enabled", "yes|no", "whether its keys work"), choices: ["yes", "no"] },
    ],
    examples: ["cmdop service-accounts update deploy --enabled no"],
  },
  {
    name: "service-accounts delete",
    group: "Keys",
    about: "remove a service account with its keys",
    arguments: [word("service-account", "name or id")],
    options: [yes],
    examples: ["cmdop service-accounts delete deploy"],
  },
];
