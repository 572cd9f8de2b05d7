import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const word = (name: string, about: string): ArgumentSpec => ({
  name,
  about,
  isRequired: true,
  completes: "nothing",
});

const yesOrNo = (name: string, about: string): OptionSpec => ({
  ...text(name, "yes|no", about),
  choices: ["yes", "no"],
});

const provider = word("provider", "slug or id");
const group = word("group", "as the provider names it");
const noSecret: OptionSpec = { name: "no-secret", about: "it has none: a public client" };
const scope: OptionSpec = {
  ...text("scope", "scope", "asked for beside openid; may be repeated (default email, profile)"),
  kind: "list",
};
const groupsClaim = text(
  "groups-claim",
  "claim",
  "where the provider lists somebody's groups (default groups)",
);

export const identityCommands: readonly CommandSpec[] = [
  {
    name: "identity-providers list",
    group: "Control",
    about: "list where else people sign in (OpenID Connect)",
  },
  {
    name: "identity-providers show",
    group: "Control",
    about: "show an identity provider, and which of its groups give which role where",
    arguments: [provider],
    examples: ["cmdop identity-providers show corp"],
  },
  {
    name: "identity-providers add",
    group: "Control",
    about: "let people sign in at a provider of OpenID Connect",
    details: [
      "The client secret is read from standard input or a file; it is sealed and never shown again. Enter the redirect " +
        "URI that this prints at the provider.",
    ],
    arguments: [
      word("slug", "short name: lowercase letters, digits and -; it stays"),
      word("issuer", "the provider's address, https; it stays"),
    ],
    options: [
      text("client-id", "id", "what the provider calls this control plane"),
      text("name", "name", "what people read on the sign-in page (default: the slug)"),
      {
        ...text("secret-file", "file", "where the client secret stands (default: standard input)"),
        completes: "file",
      },
      noSecret,
      scope,
      groupsClaim,
      { name: "sign-up", about: "whoever is not known yet gets an account" },
      { name: "mfa-trusted", about: "each sign-in there counts as one with a second factor" },
    ],
    examples: [
      "cmdop identity-providers add corp https://id.example.org --client-id cmdop < secret.txt",
      "cmdop identity-providers add corp https://id.example.org --client-id cmdop --no-secret --sign-up",
    ],
  },
  {
    name: "identity-providers update",
    group: "Control",
    about: "change an identity provider, or shut it for now",
    details: ["What is live stays so; the next sign-in goes by what is set then."],
    arguments: [provider],
    options: [
      text("name", "name", "what people read on the sign-in page"),
      text("client-id", "id", "what the provider calls this control plane"),
      {
        ...text("secret-file", "file", "where the new client secret stands; - is standard input"),
        completes: "file",
      },
      noSecret,
      { ...scope, about: "asked for beside openid, in place of those before; may be repeated" },
      { ...groupsClaim, about: "where the provider lists somebody's groups" },
      yesOrNo("sign-up", "whether whoever is not known yet gets an account"),
      yesOrNo("mfa-trusted", "whether each sign-in there counts as one with a second factor"),
      yesOrNo("enabled", "whether anybody signs in there"),
    ],
    examples: [
      "cmdop identity-providers update corp --secret-file - < secret.txt",
      "cmdop identity-providers update corp --enabled no",
    ],
  },
  {
    name: "identity-providers set-group",
    group: "Control",
    about: "give whoever is in a group there a role in the fleet",
    details: ["It is applied at each sign-in there. You give what you have yourself."],
    arguments: [provider, group, word("role", "name or id")],
    examples: ["cmdop identity-providers set-group corp ops admin --fleet production"],
  },
  {
    name: "identity-providers unset-group",
    group: "Control",
    about: "take a group's role in the fleet away, from each one's next sign-in on",
    arguments: [provider, group],
    examples: ["cmdop identity-providers unset-group corp ops --fleet production"],
  },
  {
    name: "identity-providers remove",
    group: "Control",
    about: "remove an identity provider: nobody signs in there; accounts and what they have stay",
    arguments: [provider],
    options: [{ name: "yes", about: "do not ask" }],
    examples: ["cmdop identity-providers remove corp"],
  },
];
