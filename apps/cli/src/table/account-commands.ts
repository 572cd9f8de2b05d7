import type { CommandSpec } from "../command-spec.ts";

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
    arguments: [{ name: "id", about: "as in cmdop tokens list", isRequired: true, completes: "nothing" }],
    examples: ["cmdop tokens revoke 4fQ0mZr81x"],
  },
  {
    name: "authenticator add",
    group: "Account",
    about: "sign in with an authenticator app too; replaces a former one",
    details: [
      "Shows a QR code for the app, asks for the first code, and prints ten backup codes. Needs a sign-in of the last " +
        "15 minutes: cmdop login.",
    ],
  },
  {
    name: "authenticator remove",
    group: "Account",
    about: "sign in without the authenticator app again",
    options: [{ name: "yes", about: "do not ask" }],
  },
];
