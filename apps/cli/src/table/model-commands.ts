import { providerKinds } from "../options/provider-kinds.ts";
import type { CommandSpec, OptionSpec } from "./command-spec.ts";

const yes = { name: "yes", short: "y", about: "do not ask" } as const;

const platform: OptionSpec = {
  name: "platform",
  about: "those of the installation, shared with every fleet that has none of the name",
};

const forMe: OptionSpec = {
  name: "for-me",
  about: "your own: for your keys and logins alone, in every fleet, before those of the fleet",
};

const model = (about: string): OptionSpec => ({
  name: "model",
  value: "model",
  kind: "list",
  about: `${about}. Behind its id: agents, vision, code, context=TOKENS, price=INPUT/OUTPUT (US dollars a million)`,
  completes: "nothing",
});

const headersFile: OptionSpec = {
  name: "headers-file",
  value: "file",
  kind: "text",
  about:
    "headers of every request to it, one a line as Name: value; - reads standard input; sealed as its keys are",
  completes: "file",
};

export const modelCommands: readonly CommandSpec[] = [
  {
    name: "providers list",
    group: "Models",
    about: "list the fleet's providers of models and those of the installation, or with --for-me your own",
    options: [forMe, platform],
    examples: ["cmdop providers list", "cmdop providers list --for-me"],
  },
  {
    name: "providers add",
    group: "Models",
    about: "bring a provider of models or of web searches, with keys of your own",
    details: [
      "Keys come one a line from standard input, where a terminal asks for one unseen, or from --key-file; never from the " +
        "command line, where others of this machine can read them. They are sealed at rest and shown to nobody. A request names the model as PROVIDER/MODEL.",
    ],
    arguments: [
      {
        name: "name",
        about: "small letters, digits, dots, dashes",
        isRequired: true,
        completes: "nothing",
      },
    ],
    options: [
      {
        name: "kind",
        value: "kind",
        kind: "text",
        about:
          "openai (default: any OpenAI-compatible server), openrouter, or for searches of the web serper, searxng",
        choices: providerKinds,
      },
      {
        name: "url",
        value: "url",
        kind: "text",
        about: "its address, as https://models.example.org/v1",
        completes: "nothing",
      },
      {
        name: "key-file",
        value: "file",
        kind: "text",
        about: "read the keys from this file instead",
        completes: "file",
      },
      { name: "no-key", about: "it takes none" },
      model("a model that it has; may be repeated, and then it is asked for these alone (default: any)"),
      headersFile,
      forMe,
      platform,
    ],
    examples: [
      "cmdop providers add openai < key.txt",
      "cmdop providers add openrouter --kind openrouter --platform < key.txt",
      "cmdop providers add openai --for-me < key.txt",
      "cmdop providers add search --kind serper < key.txt",
      "cmdop providers add local --url http://10.0.0.7:8000/v1 --no-key --model llama3.2:3b",
    ],
  },
  {
    name: "providers update",
    group: "Models",
    about: "change a provider: its keys, headers, address or models",
    details: [
      "All of its keys, or headers, are replaced by those that are given, one a line. Models are added to those that it has, " +
        "or said anew.",
      "With an address elsewhere its keys and headers are given anew: those of the old one are not sent there.",
    ],
    arguments: [{ name: "provider", about: "name or id", isRequired: true, completes: "nothing" }],
    options: [
      {
        name: "key-file",
        value: "file",
        kind: "text",
        about: "where the new keys stand; - is standard input",
        completes: "file",
      },
      { name: "url", value: "url", kind: "text", about: "its address from now on", completes: "nothing" },
      model("a model that it has; may be repeated"),
      {
        name: "remove-model",
        value: "id",
        kind: "list",
        about: "a model that it has no more; may be repeated",
        completes: "nothing",
      },
      { name: "any-model", about: "it has no list any more: it is asked for any model" },
      headersFile,
      forMe,
      platform,
    ],
    examples: [
      "cmdop providers update openai --key-file - < key.txt",
      "cmdop providers update local --model big-1,agents,context=128000,price=0.5/1.5 --remove-model llama3.2:3b",
    ],
  },
  {
    name: "providers remove",
    group: "Models",
    about: "take a provider and its keys away",
    arguments: [{ name: "provider", about: "name or id", isRequired: true, completes: "nothing" }],
    options: [forMe, platform, yes],
    examples: ["cmdop providers remove openai"],
  },
  {
    name: "usage",
    group: "Models",
    about: "show what was used of models, and what it cost",
    details: ["Days are UTC and both included; without --from, this month."],
    options: [
      {
        name: "by",
        value: "what",
        kind: "text",
        about: "key, member, machine, model (default) or day",
        choices: ["key", "member", "machine", "model", "day"],
      },
      {
        name: "from",
        value: "day",
        kind: "text",
        about: "first day, as 2027-03-01",
        completes: "nothing",
      },
      { name: "to", value: "day", kind: "text", about: "last day (default: today)", completes: "nothing" },
    ],
    examples: ["cmdop usage", "cmdop usage --by key --from 2027-03-01 --json"],
  },
  { name: "budgets list", group: "Models", about: "list budgets, and what is spent of each" },
  {
    name: "budgets set",
    group: "Models",
    about: "limit what may be spent on models, by the fleet, a key, a member or a machine",
    details: [
      "One that is there for the same subject and period is replaced. Alerts come at 80, 95 and 100 %.",
      "That of a machine alerts and refuses nothing: for which machine a request is made is its client's word.",
    ],
    arguments: [
      {
        name: "dollars",
        about: "the limit, as 25 or 0.50",
        isRequired: true,
        completes: "nothing",
      },
    ],
    options: [
      {
        name: "key",
        value: "key",
        kind: "text",
        about: "of a key: name, id, or a unique beginning of the id",
        completes: "nothing",
      },
      {
        name: "member",
        value: "member",
        kind: "text",
        about: "of a member: e-mail address or id",
        completes: "nothing",
      },
      {
        name: "machine",
        value: "machine",
        kind: "text",
        about: "of a machine: name or id",
        completes: "machine",
      },
      {
        name: "period",
        value: "period",
        kind: "text",
        about: "day, month (default) or total",
        choices: ["day", "month", "total"],
      },
      { name: "alert-only", about: "alert, and refuse nothing" },
    ],
    examples: ["cmdop budgets set 50", "cmdop budgets set 5 --key ci --period day"],
  },
  {
    name: "budgets remove",
    group: "Models",
    about: "take a budget away",
    arguments: [
      {
        name: "budget",
        about: "id, or a unique beginning of it; or the id of what it is for",
        isRequired: true,
        completes: "nothing",
      },
    ],
    options: [yes],
    examples: ["cmdop budgets list", "cmdop budgets remove BUDGET"],
  },
];
