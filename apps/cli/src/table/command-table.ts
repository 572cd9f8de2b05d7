import { accountCommands } from "./account-commands.ts";
import { auditCommands } from "./audit-commands.ts";
import type { CommandSpec } from "./command-spec.ts";
import { controlCommands } from "./control-commands.ts";
import { fleetCommands } from "./fleet-commands.ts";
import { identityCommands } from "./identity-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { machineCommands } from "./machine-commands.ts";
import { modelCommands } from "./model-commands.ts";
import { peopleCommands } from "./people-commands.ts";
import { relayCommands } from "./relay-commands.ts";
import { scheduleCommands } from "./schedule-commands.ts";
import { sessionCommands } from "./session-commands.ts";
import { toolCommands } from "./tool-commands.ts";
import { webhookCommands } from "./webhook-commands.ts";

/** Every command, in the order of help. */
export const commandTable: readonly CommandSpec[] = [
  ...sessionCommands,
  ...machineCommands,
  ...fleetCommands,
  ...keyCommands,
  ...scheduleCommands,
  ...webhookCommands,
  ...auditCommands,
  ...modelCommands,
  ...accountCommands,
  ...controlCommands,
  ...peopleCommands,
  ...identityCommands,
  ...relayCommands,
  ...toolCommands,
];

export const familyAbout: Readonly<Record<string, string>> = {
  fleets: "the fleets that you are in",
  members: "who is in the fleet",
  invitations: "invitations into fleets",
  roles: "what members may",
  keys: "keys for programs",
  "service-accounts": "members that are programs",
  webhooks: "other services that are told what happens",
  audit: "who did what, and the proof of it",
  budgets: "limits of what models may cost",
  control: "the control plane of this machine",
  edges: "relays and routers that a control plane knows",
  "identity-providers": "where else people sign in",
  machines: "the machines of the fleet",
  "join-tokens": "how machines come in",
  machine: "this machine's identity",
  providers: "models with keys of your own",
  relay: "run a relay",
  schedules: "commands that run by themselves",
  accounts: "who has an account in the installation",
  tokens: "where you are signed in",
  passkeys: "what your devices sign you in with",
  identities: "where else you sign in from",
  authenticator: "the app whose codes you sign in with",
  token: "tokens of a relay that stands alone",
};
