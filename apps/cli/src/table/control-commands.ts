import type { CommandSpec } from "./command-spec.ts";

export const controlCommands: readonly CommandSpec[] = [
  {
    name: "control status",
    group: "Control",
    about: "show whether the control plane is ready, and what it stands on",
    details: [
      "On its own machine by its socket; from elsewhere by its address, which tells only whether it is ready.",
    ],
  },
  {
    name: "control setup-url",
    group: "Control",
    about: "print the address at which the first owner is made, once, within a day",
    details: [
      "On the control plane's own machine, for whoever may read its directory. The address is a secret; an earlier " +
        "one is no good any more. npm start makes the owner by itself.",
    ],
  },
  {
    name: "control sign-in-code",
    group: "Control",
    about: "print an address that signs a browser in, once, within ten minutes",
    details: [
      "On the control plane's own machine, for whoever may read its directory. The address is a secret.",
    ],
    options: [
      {
        name: "email",
        value: "address",
        kind: "text",
        about: "of whom (default: the owner)",
        completes: "nothing",
      },
    ],
    examples: ["cmdop control sign-in-code", "cmdop control sign-in-code --email ada@example.org"],
  },
  {
    name: "control export",
    group: "Control",
    about: "write everything in the control plane's database to a file",
    details: [
      "On the control plane's own machine. While it runs it writes the export itself, one consistent state; an embedded " +
        "database answers nothing else until that is written. Otherwise the database is opened for it: the embedded one, " +
        "or PostgreSQL where CMDOP_DATABASE_URL names it. Keys are not in it: back up the files of control/ too.",
    ],
    options: [
      {
        name: "out",
        value: "file",
        kind: "text",
        about: "a new file, made for you alone; - is standard output",
        completes: "file",
      },
    ],
    examples: [
      "cmdop control export --out cmdop.export",
      "cmdop control export --out - | zstd > cmdop.export.zst",
    ],
  },
  {
    name: "control import",
    group: "Control",
    about: "read an export into an empty database",
    details: [
      "On the control plane's own machine, stopped; the embedded database, or PostgreSQL where CMDOP_DATABASE_URL " +
        "names it. Everything is read or nothing.",
    ],
    options: [
      {
        name: "in",
        value: "file",
        kind: "text",
        about: "the export; - is standard input",
        completes: "file",
      },
    ],
    examples: ["cmdop control import --in cmdop.export"],
  },
  {
    name: "control signing-keys",
    group: "Control",
    about: "list the keys that sign tickets and machines' tokens, the oldest first",
    examples: ["cmdop control signing-keys"],
  },
  {
    name: "control rotate-signing-key",
    group: "Control",
    about: "make the next key that signs tickets and machines' tokens",
    details: [
      "It signs a day later, when every relay has it; the one before it stays good for what it signed. The control plane " +
        "does this by itself every 90 days.",
      "With --withdraw, for a key that was stolen: the new one signs at once, and what any other signed is refused by every " +
        "relay within a second. Links and attachments that were opened with it end; machines come back with new tokens by " +
        "themselves, tickets of the control plane are to be asked for again. A relay that is away hears of it when it is back.",
    ],
    options: [
      { name: "withdraw", about: "shut out every signing key of now, at once" },
      { name: "yes", short: "y", about: "do not ask" },
    ],
    examples: ["cmdop control rotate-signing-key", "cmdop control rotate-signing-key --withdraw"],
  },
  { name: "edges list", group: "Control", about: "list relays and routers that have a credential" },
  {
    name: "edges create",
    group: "Control",
    about: "make the credential of a relay or a router",
    details: ["It is printed once: it goes into edge.token in that process's directory."],
    arguments: [
      { name: "kind", about: "relay or router", isRequired: true, choices: ["relay", "router"] },
      { name: "name", about: "small letters, digits, dots, dashes", isRequired: true, completes: "nothing" },
    ],
    options: [
      {
        name: "out",
        value: "file",
        kind: "text",
        about: "write it to a file of mode 0600 instead",
        completes: "file",
      },
    ],
    examples: ["cmdop edges create relay berlin-1 --out edge.token"],
  },
  {
    name: "edges revoke",
    group: "Control",
    about: "end the credential of a relay or a router",
    arguments: [{ name: "edge", about: "id or name", isRequired: true, completes: "nothing" }],
    options: [{ name: "yes", short: "y", about: "do not ask" }],
    examples: ["cmdop edges revoke berlin-1"],
  },
];
