import type { CommandSpec, OptionSpec } from "./command-spec.ts";

const fresh = "Needs a sign-in of the last 15 minutes: cmdop confirm, or cmdop login.";
const yes: OptionSpec = { name: "yes", about: "do not ask" };
const passkey = { name: "passkey", about: "name or id", isRequired: true, completes: "nothing" } as const;

export const accountCommands: readonly CommandSpec[] = [
  {
    name: "login",
    group: "Account",
    about: "sign this terminal in at a control plane",
    details: [
      "Opens a browser; where there is none, or over SSH, it shows a code to be typed in a browser elsewhere.",
      "The token lies in cli/login.token under CMDOP_HOME and is good until it is not used for 90 days.",
      "Where sessions are reached is asked of the control plane and kept beside it.",
    ],
    options: [
      { name: "device", about: "show a code, also where there is a browser" },
      {
        name: "local",
        about: "as the owner, on the control plane's own machine, for whoever may read its directory",
      },
      {
        name: "control-pin",
        value: "sha256:…",
        kind: "text",
        about:
          "fingerprint of the control plane's CA (default: CMDOP_CONTROL_CA_PIN, then the configuration)",
        completes: "nothing",
      },
      {
        name: "name",
        value: "name",
        kind: "text",
        about: "what the login is called in lists (default: the hostname)",
        completes: "nothing",
      },
    ],
    examples: [
      "cmdop login --control https://cmdop.example.org:63141",
      "cmdop login --device",
      "cmdop login --local",
    ],
  },
  { name: "logout", group: "Account", about: "end this terminal's login" },
  {
    name: "whoami",
    group: "Account",
    about: "show who you are and what you may",
    examples: ["cmdop whoami", "cmdop whoami --json"],
  },
  { name: "tokens list", group: "Account", about: "list where you are signed in: terminals and browsers" },
  {
    name: "tokens revoke",
    group: "Account",
    about: "sign a terminal or a browser of yours out",
    arguments: [
      {
        name: "login",
        about: "name, id, or a unique beginning of the id",
        isRequired: true,
        completes: "nothing",
      },
    ],
    options: [yes],
    examples: ["cmdop tokens revoke old-laptop"],
  },
  {
    name: "tokens revoke-others",
    group: "Account",
    about: "sign out everywhere but here",
    options: [yes],
    examples: ["cmdop tokens revoke-others"],
  },
  {
    name: "sign-ins",
    group: "Account",
    about: "list when and from where somebody signed in as you, or failed to; the latest first",
    options: [{ name: "limit", short: "n", value: "n", kind: "integer", about: "how many (default 20)" }],
    examples: ["cmdop sign-ins -n 50"],
  },
  {
    name: "confirm",
    group: "Account",
    about: "prove again who you are, by your password; this terminal's login is fresh for 15 minutes then",
    details: [
      "Asks for the password and, where you have an authenticator app, for a code of it or a backup code. Elsewhere than on " +
        "a terminal they are the first two lines of standard input. With a passkey or a provider alone: cmdop login.",
    ],
    examples: ["cmdop confirm", "pass show cmdop | cmdop confirm"],
  },
  {
    name: "password",
    group: "Account",
    about: "choose a new password; every other browser and terminal of yours is signed out",
    details: [
      `Asks for it twice, unseen; elsewhere than on a terminal it is the first line of standard input. ${fresh} On a terminal ` +
        "it asks for that proof itself.",
    ],
    examples: ["cmdop password", "pass show cmdop | cmdop password"],
  },
  { name: "passkeys list", group: "Account", about: "list the passkeys that you sign in with" },
  {
    name: "passkeys add",
    group: "Account",
    about: "print and open the page on which a browser makes a passkey",
    examples: ["cmdop passkeys add"],
  },
  {
    name: "passkeys rename",
    group: "Account",
    about: "give a passkey another name",
    arguments: [passkey, { name: "name", about: "for you", isRequired: true, completes: "nothing" }],
    examples: ['cmdop passkeys rename Passkey "Work laptop"'],
  },
  {
    name: "passkeys remove",
    group: "Account",
    about: "remove a passkey: you sign in without it from now on",
    details: [fresh],
    arguments: [passkey],
    options: [yes],
    examples: ['cmdop passkeys remove "Work laptop"'],
  },
  {
    name: "identities list",
    group: "Account",
    about: "list your identities at providers: where else you sign in from",
  },
  {
    name: "identities link",
    group: "Account",
    about: "print and open the page on which a browser links an identity at a provider",
    examples: ["cmdop identities link"],
  },
  {
    name: "identities unlink",
    group: "Account",
    about: "unlink an identity; what its groups gave, and your other logins by a provider, end",
    details: [`The last way to sign in stays. ${fresh}`],
    arguments: [{ name: "provider", about: "slug or id", isRequired: true, completes: "nothing" }],
    options: [yes],
    examples: ["cmdop identities unlink corp"],
  },
  {
    name: "authenticator add",
    group: "Account",
    about: "add an authenticator app to your sign-in; it replaces a former one",
    details: [`Shows a QR code for the app, asks for the first code, and prints ten backup codes. ${fresh}`],
  },
  {
    name: "authenticator remove",
    group: "Account",
    about: "remove the authenticator app from your sign-in",
    details: [fresh],
    options: [yes],
    examples: ["cmdop authenticator remove"],
  },
  {
    name: "authenticator backup-codes",
    group: "Account",
    about: "print ten new backup codes; the former ones are no good any more",
    details: [fresh],
    options: [yes],
    examples: ["cmdop authenticator backup-codes --yes > backup-codes.txt"],
  },
];
