import { installationRoles } from "../options/installation-role.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const account: ArgumentSpec = {
  name: "account",
  about: "e-mail address or id",
  isRequired: true,
  completes: "nothing",
};
const role: OptionSpec = {
  ...text(
    "role",
    "role",
    "of the installation: owner, member (default) or auditor; roles of fleets: cmdop members",
  ),
  choices: [...installationRoles],
};
const fresh = "Needs a sign-in of the last 15 minutes: cmdop confirm, or cmdop login.";

export const peopleCommands: readonly CommandSpec[] = [
  { name: "accounts list", group: "Control", about: "list who has an account in the installation" },
  {
    name: "accounts show",
    group: "Control",
    about: "show an account: its role, its state, when it signed in last",
    arguments: [account],
    examples: ["cmdop accounts show ada@example.org"],
  },
  {
    name: "accounts create",
    group: "Control",
    about: "make an account; prints the address at which its owner chooses a password, once",
    details: [`Nothing is sent: the address is yours to hand over. ${fresh}`],
    arguments: [
      { name: "email", about: "what its owner signs in with", isRequired: true, completes: "nothing" },
    ],
    options: [text("name", "name", "as others read it (default: the e-mail address)"), role],
    examples: ["cmdop accounts create ada@example.org --name Ada"],
  },
  {
    name: "accounts update",
    group: "Control",
    about: "change an account: its name, its role, shut it, or open it again",
    details: [
      `Of one that is shut every login and key is refused at once, and what is live with them ends. ${fresh}`,
    ],
    arguments: [account],
    options: [
      text("name", "name", "as others read it"),
      role,
      { ...text("enabled", "yes|no", "whether anybody signs in to it"), choices: ["yes", "no"] },
    ],
    examples: ["cmdop accounts update ada@example.org --enabled no"],
  },
  {
    name: "accounts reset-password",
    group: "Control",
    about: "print an address at which somebody chooses a new password, once, within a day",
    details: [`Nothing is sent: the address is yours to hand over. ${fresh}`],
    arguments: [account],
    options: [
      { name: "drop-second-factors", about: "their authenticator app, backup codes and passkeys are gone" },
    ],
    examples: ["cmdop accounts reset-password ada@example.org"],
  },
  {
    name: "control device-login",
    group: "Control",
    about: "allow terminals without a browser to sign in by a code, or not",
    details: [fresh],
    arguments: [
      { name: "allowed", about: "yes or no", isRequired: true, choices: ["yes", "no"], completes: "nothing" },
    ],
    examples: ["cmdop control device-login no"],
  },
];
