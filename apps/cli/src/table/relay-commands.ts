import type { CommandSpec } from "./command-spec.ts";

export const relayCommands: readonly CommandSpec[] = [
  {
    name: "relay init",
    group: "Relay",
    about: "make what a relay needs: CA, certificate, keys, revocation file",
    details: [
      "What is there already is kept. The certificate is made anew for a name that it lacks, and when it ends within 60 days: a relay that runs serves the new one by itself.",
    ],
    options: [
      {
        name: "name",
        value: "host",
        kind: "list",
        about:
          "a name or address that clients will dial; may be repeated (localhost and the hostname are in)",
        completes: "nothing",
      },
    ],
    examples: ["cmdop relay init --name relay.example.org"],
  },
  {
    name: "relay start",
    group: "Relay",
    about: "run a relay here until it is stopped",
    options: [
      {
        name: "host",
        value: "address",
        kind: "text",
        about: "address to listen on (CMDOP_RELAY_HOST)",
        completes: "nothing",
      },
      {
        name: "port",
        value: "port",
        kind: "integer",
        about: "port to listen on (CMDOP_RELAY_PORT, 63142)",
        completes: "nothing",
      },
      {
        name: "metrics-port",
        value: "port",
        kind: "integer",
        about: "loopback port of the metrics (CMDOP_RELAY_METRICS_PORT, 63152)",
        completes: "nothing",
      },
    ],
    examples: ["cmdop relay init --name relay.example.org", "CMDOP_RELAY_HOST=0.0.0.0 cmdop relay start"],
  },
  {
    name: "relay fingerprint",
    group: "Relay",
    about: "print the fingerprint that clients pin",
  },
  {
    name: "token mint",
    group: "Relay",
    about: "make a token with this relay's key",
    details: [
      "The token alone goes to standard output: whoever has it has its rights. A machine token is bound to the machine's " +
        "key (`cmdop machine key` there prints it).",
    ],
    options: [
      { name: "machine", value: "name", kind: "text", about: "a token for a machine", completes: "nothing" },
      { name: "key", value: "fingerprint", kind: "text", about: "the machine's key", completes: "nothing" },
      {
        name: "id",
        value: "id",
        kind: "text",
        about: "the machine's id, to keep one that it has",
        completes: "nothing",
      },
      {
        name: "operator",
        value: "name",
        kind: "text",
        about: "a token for a person or program",
        completes: "nothing",
      },
      {
        name: "role",
        value: "role",
        kind: "text",
        about: "operator (default) or observer",
        choices: ["operator", "observer"],
      },
      { name: "ai", about: "an AI is behind it: a person's typing pre-empts it" },
      { name: "program", about: "a program is behind it" },
      {
        name: "machines",
        value: "names",
        kind: "text",
        about: "machines that it may see, by comma (default: all)",
        completes: "nothing",
      },
      {
        name: "ttl",
        value: "duration",
        kind: "text",
        about: "how long it may be presented (default 90d)",
        completes: "nothing",
      },
      {
        name: "limit",
        value: "duration",
        kind: "text",
        about: "how long one live stream may last (default: no limit)",
        completes: "nothing",
      },
      {
        name: "out",
        value: "file",
        kind: "text",
        about: "write it to a file of mode 0600 instead",
        completes: "file",
      },
    ],
    examples: [
      "cmdop token mint --operator ada --ttl 30d",
      "cmdop token mint --operator bot --ai --machines web-1,web-2",
      "cmdop token mint --machine web-1 --key sha256:… --out web-1.token",
    ],
  },
  {
    name: "token revoke",
    group: "Relay",
    about: "end a token, an operator, a machine or a key, at once",
    details: ["Live streams end within a second. There is no way back: mint a new token."],
    arguments: [
      {
        name: "target",
        about:
          "a token, its id, sub:OPERATOR, a machine's id, or the fingerprint of a signing key; - reads it from standard input",
        isRequired: true,
        completes: "nothing",
      },
    ],
    options: [{ name: "reason", value: "text", kind: "text", about: "kept beside it", completes: "nothing" }],
    examples: ["cmdop token revoke sub:ada --reason 'laptop lost'"],
  },
  {
    name: "token list-revoked",
    group: "Relay",
    about: "list what was revoked",
  },
];
