import type { CommandSpec } from "../command-spec.ts";

export const machineCommands: readonly CommandSpec[] = [
  {
    name: "machines",
    group: "Machines",
    about: "list machines",
    examples: ["cmdop machines", "cmdop machines --json"],
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
    about: "how this machine's agent is",
    options: [{ name: "check", about: "print nothing; exit code 0 when linked, 1 when not" }],
  },
  {
    name: "down",
    group: "Machines",
    about: "stop this machine's agent; its sessions live on",
    options: [{ name: "all", about: "also end the session host and every session in it" }],
  },
  {
    name: "machine key",
    group: "Machines",
    about: "print the fingerprint of this machine's key",
    details: [
      "A machine token is minted for it. The key is made when there is none; it never leaves the machine.",
    ],
  },
];
