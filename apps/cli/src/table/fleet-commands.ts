import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const word = (name: string, about: string, isRequired = true): ArgumentSpec => ({
  name,
  about,
  isRequired,
  completes: "nothing",
});

const yes: OptionSpec = { name: "yes", about: "do not ask" };
const fleetOrCurrent = word("fleet", "id or slug (default: the one that is meant)", false);
const member = word("member", "e-mail address or id");

export const fleetCommands: readonly CommandSpec[] = [
  {
    name: "fleets list",
    group: "Fleets",
    about: "list the fleets that you are in",
    examples: ["cmdop fleets list", "cmdop fleets list --json"],
  },
  {
    name: "fleets create",
    group: "Fleets",
    about: "make a fleet, with yourself as its owner",
    arguments: [word("slug", "short name: lowercase letters, digits and -")],
    options: [text("name", "name", "as people read it"), text("description", "text", "what it is for")],
    examples: ["cmdop fleets create production --name Production"],
  },
  {
    name: "fleets show",
    group: "Fleets",
    about: "show a fleet and its policies",
    arguments: [fleetOrCurrent],
    examples: ["cmdop fleets show", "cmdop fleets show production"],
  },
  {
    name: "fleets update",
    group: "Fleets",
    about: "change a fleet's names and policies",
    arguments: [fleetOrCurrent],
    options: [
      text("name", "name", "as people read it"),
      text("slug", "slug", "short name"),
      text("description", "text", "what it is for"),
      {
        ...text("second-factor", "yes|no", "whether nobody works in it without a second factor"),
        choices: ["yes", "no"],
      },
      {
        ...text("approval", "yes|no", "whether machines wait until they are let in"),
        choices: ["yes", "no"],
      },
      {
        ...text("outage", "policy", "while relays hear nothing of revocations: best-effort or strict"),
        choices: ["best-effort", "strict"],
      },
    ],
    examples: [
      "cmdop fleets update production --second-factor yes --approval yes",
      "cmdop fleets update --outage strict",
    ],
  },
  {
    name: "fleets delete",
    group: "Fleets",
    about: "end a fleet: at once for everybody, for good after 24 hours",
    arguments: [word("fleet", "id or slug")],
    options: [yes],
    examples: ["cmdop fleets delete staging"],
  },
  {
    name: "fleets restore",
    group: "Fleets",
    about: "take the end of a fleet back, within its 24 hours",
    arguments: [word("fleet", "id or slug")],
    examples: ["cmdop fleets restore staging"],
  },
  {
    name: "fleets use",
    group: "Fleets",
    about: "choose the fleet that commands mean from now on",
    arguments: [word("fleet", "id or slug")],
    examples: ["cmdop fleets use production"],
  },
  { name: "members list", group: "Fleets", about: "list who is in the fleet" },
  {
    name: "members show",
    group: "Fleets",
    about: "show a member: role, end, and where it comes from",
    arguments: [member],
    examples: ["cmdop members show ada@example.org"],
  },
  {
    name: "members invite",
    group: "Fleets",
    about: "make an invitation; its code is shown once, to you",
    details: ["Nothing is sent. The code serves the account with this e-mail address alone."],
    arguments: [word("email", "of the account that is invited")],
    options: [
      text("role", "role", "name or id (default: member)"),
      text("expires", "duration", "how long the code is good, at most 30d (default 7d)"),
      text("membership-ends", "time", "when the membership ends: 2027-03-01T00:00:00Z (default: never)"),
    ],
    examples: ["cmdop members invite ada@example.org --role viewer"],
  },
  {
    name: "members set-role",
    group: "Fleets",
    about: "give a member another role, or an end",
    arguments: [member, word("role", "name or id", false)],
    options: [text("ends", "time", "when the membership ends; never: no end")],
    examples: ["cmdop members set-role ada@example.org admin"],
  },
  {
    name: "members remove",
    group: "Fleets",
    about: "remove a member, or leave: keys are revoked, what is live ends",
    arguments: [member],
    options: [yes],
    examples: ["cmdop members remove ada@example.org"],
  },
  {
    name: "members access",
    group: "Fleets",
    about: "show or set what a member may do with single machines",
    arguments: [
      word("member", "e-mail address or id; or a service account's id"),
      { ...word("machine", "name or id", false), completes: "machine" },
      {
        ...word("level", "full, execute, view or none", false),
        choices: ["full", "execute", "view", "none"],
      },
    ],
    examples: ["cmdop members access ada@example.org", "cmdop members access ada@example.org db-1 view"],
  },
  {
    name: "invitations list",
    group: "Fleets",
    about: "list invitations that wait",
    options: [{ name: "all", short: "a", about: "those that are over too" }],
    examples: ["cmdop invitations list --all"],
  },
  {
    name: "invitations accept",
    group: "Fleets",
    about: "accept an invitation",
    arguments: [word("code", "as it was given; - or nothing reads it from standard input", false)],
    examples: ["cmdop invitations accept < code.txt"],
  },
  {
    name: "invitations cancel",
    group: "Fleets",
    about: "take an invitation back",
    arguments: [word("invitation", "e-mail address, id, or a unique beginning of the id")],
    examples: ["cmdop invitations cancel ada@example.org"],
  },
  { name: "roles list", group: "Fleets", about: "list roles: the built-in ones and the fleet's own" },
  {
    name: "roles create",
    group: "Fleets",
    about: "make a role of the fleet's own",
    arguments: [word("name", "lowercase")],
    options: [
      {
        name: "right",
        value: "rights",
        kind: "list",
        about: "by comma; may be repeated (docs/reference/access.md)",
        completes: "nothing",
      },
      text("description", "text", "what it is for"),
    ],
    examples: ["cmdop roles create deployer --right fleet:read,machines:read,sessions:open,sessions:operate"],
  },
  {
    name: "roles update",
    group: "Fleets",
    about: "change a role; whoever has it and loses a right loses it at once",
    arguments: [word("role", "name or id")],
    options: [
      text("name", "name", "another name"),
      {
        name: "right",
        value: "rights",
        kind: "list",
        about: "all that it gives from now on, by comma; may be repeated",
        completes: "nothing",
      },
      text("description", "text", "what it is for"),
    ],
    examples: ["cmdop roles update deployer --right fleet:read,machines:read,sessions:open"],
  },
  {
    name: "roles delete",
    group: "Fleets",
    about: "remove a role that nobody has",
    arguments: [word("role", "name or id")],
    examples: ["cmdop roles delete deployer"],
  },
  {
    name: "events",
    group: "Fleets",
    about: "follow what changes in the fleet, until ^C",
    details: [
      "A line says what has changed and its id; look it up. It goes on after a lost connection, and says so where " +
        "something was missed. With --json: kind (ready, change, resync), topic, id.",
    ],
    options: [
      {
        name: "topic",
        value: "topic",
        kind: "list",
        about:
          "machine, enrolment, alert, session, schedule, run, member, role, invitation, key, fleet, budget, audit",
        completes: "nothing",
      },
    ],
    examples: ["cmdop events", "cmdop events --topic machine --topic session --json"],
  },
];
