import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const list = (name: string, value: string, about: string): OptionSpec => ({
  ...text(name, value, about),
  kind: "list",
});

const word = (name: string, about: string, isRequired = true): ArgumentSpec => ({
  name,
  about,
  isRequired,
  completes: "nothing",
});

const machine: ArgumentSpec = {
  ...word("machine", "name, hostname or id, or the beginning of one"),
  completes: "machine",
};
const code = word("code", "as the machine shows it; or the id");
const yes: OptionSpec = { name: "yes", about: "do not ask" };

export const machineCommands: readonly CommandSpec[] = [
  {
    name: "machines",
    group: "Machines",
    about: "list machines",
    goesOnWithoutControl: true,
    details: [
      "Without a control plane, or when it has not answered within three seconds, the relay tells of those that it " +
        "knows; that is said on standard error. Tags, and everything below, take the control plane.",
    ],
    options: [
      text("search", "text", "those with this in name or hostname"),
      text("tag", "tag", "those with this tag"),
      { ...text("presence", "state", "online or offline ones alone"), choices: ["online", "offline"] },
    ],
    examples: ["cmdop machines", "cmdop machines --tag web --json"],
  },
  {
    name: "machines show",
    group: "Machines",
    about: "show a machine",
    arguments: [machine],
    examples: ["cmdop machines show web-1"],
  },
  {
    name: "machines rename",
    group: "Machines",
    about: "give a machine another name",
    arguments: [machine, word("name", "the new one")],
    examples: ["cmdop machines rename ip-10-0-3-7 web-1"],
  },
  {
    name: "machines tag",
    group: "Machines",
    about: "add and remove a machine's tags",
    arguments: [machine],
    options: [list("add", "tags", "tags to add"), list("remove", "tags", "tags to remove")],
    examples: ["cmdop machines tag web-1 --add web,eu"],
  },
  {
    name: "machines disable",
    group: "Machines",
    about: "shut a machine out; what runs on it runs on",
    arguments: [machine],
    options: [yes],
    examples: ["cmdop machines disable web-1"],
  },
  {
    name: "machines enable",
    group: "Machines",
    about: "let a disabled or locked machine in again",
    arguments: [machine],
    examples: ["cmdop machines enable web-1"],
  },
  {
    name: "machines remove",
    group: "Machines",
    about: "remove a machine: its link ends, its key is forgotten",
    arguments: [machine],
    options: [yes],
    examples: ["cmdop machines remove web-1"],
  },
  {
    name: "machines move",
    group: "Machines",
    about: "move a machine to another fleet",
    arguments: [machine, word("fleet", "id or slug")],
    options: [yes],
    examples: ["cmdop machines move web-1 staging"],
  },
  {
    name: "machines rotate-key",
    group: "Machines",
    about: "have a machine make a new key; its sessions live on",
    arguments: [machine],
    options: [yes],
    examples: ["cmdop machines rotate-key web-1"],
  },
  { name: "machines waiting", group: "Machines", about: "list machines that wait to be let in" },
  {
    name: "machines approve",
    group: "Machines",
    about: "let a machine in that shows this code",
    arguments: [code],
    examples: ["cmdop machines waiting", "cmdop machines approve CODE"],
  },
  {
    name: "machines deny",
    group: "Machines",
    about: "turn a machine away that shows this code",
    arguments: [code],
    examples: ["cmdop machines deny CODE"],
  },
  {
    name: "join-tokens create",
    group: "Machines",
    about: "make a join string, with which a machine comes into the fleet",
    options: [
      text("name", "name", "what it is for"),
      text("expires", "duration", "how long it is good, at most 90d (default 1h)"),
      { ...text("uses", "n", "for so many machines (default 1)"), kind: "integer" },
      list("tag", "tags", "machines that come with it get these tags"),
      { name: "approval", about: "somebody has to let each machine in" },
      { name: "ephemeral", about: "machines that come with it are removed when they stay away" },
      text("ephemeral-after", "duration", "how long they may stay away (default 10m)"),
    ],
    examples: ["cmdop join-tokens create", "cmdop join-tokens create --uses 20 --expires 1d --tag rack-7"],
  },
  {
    name: "join-tokens list",
    group: "Machines",
    about: "list join tokens, and which key of the server their strings name",
    options: [{ name: "all", short: "a", about: "those that are over too" }],
    examples: ["cmdop join-tokens list --all"],
  },
  {
    name: "join-tokens revoke",
    group: "Machines",
    about: "revoke a join token; machines that came with it stay",
    arguments: [word("token", "name, id, or a unique beginning of the id")],
    options: [yes],
    examples: ["cmdop join-tokens revoke rack-7"],
  },
  {
    name: "join",
    group: "Machines",
    about: "let this machine join a fleet, and start its agent",
    details: [
      "The join string names the server's key: another server is sent nothing. Afterwards the key that this machine " +
        "makes for itself is its identity.",
    ],
    arguments: [
      word("string", "of cmdop join-tokens create; - or nothing reads it from standard input", false),
    ],
    options: [
      text("name", "name", "the machine's name (default: its hostname)"),
      { name: "again", about: "though it has joined before: it was removed, or its state here is lost" },
      { name: "no-start", about: "do not start the agent; cmdop up does it" },
      { name: "foreground", about: "run the agent here and show its log" },
    ],
    examples: ["cmdop join cmdopjoin1.… --control https://control.example.org:63141"],
  },
  {
    name: "up",
    group: "Machines",
    about: "connect this machine to a relay and keep it connected",
    details: [
      "Starts the agent in the background. The first time it needs --relay, --ca-pin and a machine token; where the " +
        "relay's own home is on this machine it makes what is missing by itself.",
    ],
    options: [
      {
        name: "name",
        value: "name",
        kind: "text",
        about: "the machine's name (default: its hostname)",
        completes: "nothing",
      },
      { name: "token-stdin", about: "read the machine token from standard input" },
      { name: "foreground", about: "run the agent here and show its log" },
    ],
    examples: [
      "cmdop up",
      "cmdop up --relay relay.example.org:63142 --ca-pin sha256:… --token-file machine.token",
    ],
  },
  {
    name: "status",
    group: "Machines",
    about: "show how this machine's agent is",
    options: [{ name: "check", about: "print nothing; exit code 0 when linked, 1 when not" }],
    examples: ["cmdop status", "cmdop status --check && echo linked"],
  },
  {
    name: "down",
    group: "Machines",
    about: "stop this machine's agent; its sessions live on",
    options: [{ name: "all", about: "also end the session host and every session in it" }],
    examples: ["cmdop down", "cmdop down --all"],
  },
  {
    name: "machine key",
    group: "Machines",
    about: "print the fingerprint of this machine's key",
    details: [
      "A machine token is minted for it. The key is made when there is none; it never leaves the machine.",
    ],
  },
  {
    name: "machine export",
    group: "Machines",
    about: "write a session that ran on this machine as an asciicast v3 recording",
    details: [
      "From the log on this machine's disk, with no relay and no agent: what was printed and when, each size, who typed, " +
        "and the end. What was typed is not in it. Of a live session it is what there is now. `cmdop read --asciicast` " +
        "records from elsewhere, by the times of arrival.",
    ],
    arguments: [{ ...word("session", "id, or a name that one session alone has"), completes: "session" }],
    examples: ["cmdop machine export build > build.cast"],
  },
];
