import type { CommandSpec, OptionSpec } from "../command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const filterOptions: readonly OptionSpec[] = [
  text("actor", "id", "whoever did it"),
  text("action", "action", "an action or its beginning: key.revoke, key."),
  text("target", "id", "what it was done to"),
  {
    ...text("outcome", "outcome", "how it ended"),
    choices: ["allowed", "denied", "failed"],
  },
  text("request", "id", "one request"),
  text("fingerprint", "hex", "of the credential that was used"),
  text("since", "time", "not before, as 2027-03-01T09:00:00Z"),
  text("until", "time", "before"),
  { name: "all", about: "the whole installation, not the fleet alone" },
];

const file = (name: string, about: string): OptionSpec => ({
  name,
  value: "file",
  kind: "text",
  about,
  completes: "file",
});

export const auditCommands: readonly CommandSpec[] = [
  {
    name: "audit list",
    group: "Control",
    about: "list who did what, the newest first",
    options: [
      ...filterOptions,
      { name: "limit", short: "n", value: "n", kind: "integer", about: "entries (default 50)" },
    ],
    examples: ["cmdop audit list --action key.", "cmdop audit list --all --outcome denied -n 200"],
  },
  {
    name: "audit export",
    group: "Control",
    about: "write the audit log to stdout or a file",
    details: ["With --all and without filters it can be verified anywhere: cmdop audit verify."],
    options: [
      ...filterOptions,
      { ...text("format", "format", "ndjson (default), or csv for reading"), choices: ["ndjson", "csv"] },
      file("output", "where to, instead of stdout"),
    ],
    examples: ["cmdop audit export --all --output audit.ndjson"],
  },
  {
    name: "audit verify",
    group: "Control",
    about: "verify an export or the archive, without the control plane",
    details: [
      "Several files are one log, in their order; a directory stands for its sealed files and must begin with entry 1.",
      "Ends with 0 when it is intact. The key is the line that cmdop audit checkpoints shows: note it down elsewhere.",
    ],
    arguments: [
      {
        name: "file",
        about: "an export, a sealed file or a directory of them",
        isRequired: true,
        isVariadic: true,
        completes: "file",
      },
    ],
    options: [
      text("key", "key", "the log's public key; without it no signature counts"),
      file("witness", "what a relay or router remembers: its edge/witness.json"),
      file("checkpoint", "a checkpoint that was kept elsewhere"),
      file("start", "where the export begins: the head after what was archived"),
    ],
    examples: [
      "cmdop audit verify audit.ndjson --key 'cmdop.example.com/audit+…' --witness witness.json",
      "cmdop audit verify /var/lib/cmdop/archive audit.ndjson --key 'cmdop.example.com/audit+…'",
    ],
  },
  {
    name: "audit checkpoints",
    group: "Control",
    about: "list what the audit log's key has signed",
    options: [{ name: "limit", short: "n", value: "n", kind: "integer", about: "checkpoints (default 10)" }],
  },
];
