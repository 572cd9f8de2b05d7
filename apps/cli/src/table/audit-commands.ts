import type { CommandSpec, OptionSpec } from "./command-spec.ts";

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
  text("since", "time", "not before: 2h, 7d (ago), or 2027-03-01T09:00:00Z"),
  text("until", "time", "before, in the same ways"),
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
    examples: ["cmdop audit list --action key. --since 7d", "cmdop audit list --all --outcome denied -n 200"],
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
    name: "audit proof",
    group: "Control",
    about:
      "write the proof that an entry is in the log that was signed, or that the log continues what was signed before",
    details: [
      "An entry is proved to be under the newest checkpoint; --since proves that the newest checkpoint continues one that was " +
        "kept: entries were added, and none was changed or taken away. Whoever gets the file verifies it without the " +
        "control plane: cmdop audit verify.",
    ],
    arguments: [{ name: "entry", about: "its number, as in cmdop audit list", completes: "nothing" }],
    options: [
      file(
        "since",
        "a checkpoint that was kept: an item of cmdop audit checkpoints --json, or an edge's witness.json",
      ),
      file("output", "where to, instead of stdout"),
      { name: "all", about: "an entry of the whole installation, not of the fleet alone" },
    ],
    examples: [
      "cmdop audit proof 4711 --output proof.json",
      "cmdop audit proof --since kept.json --output continued.json",
    ],
  },
  {
    name: "audit verify",
    group: "Control",
    about: "verify an export, the archive, or a proof, without the control plane",
    details: [
      "Several files are one log, in their order; a directory stands for its sealed files and must begin with entry 1.",
      "Ends with 0 when it is intact. The key is the line that cmdop audit checkpoints shows: note it down elsewhere.",
    ],
    arguments: [
      {
        name: "file",
        about: "an export, a sealed file or a directory of them; or one proof",
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
      "cmdop audit verify proof.json --key 'cmdop.example.com/audit+…'",
      "cmdop audit verify continued.json --key 'cmdop.example.com/audit+…' --checkpoint kept.json",
    ],
  },
  {
    name: "audit checkpoints",
    group: "Control",
    about: "list what the audit log's key has signed",
    options: [{ name: "limit", short: "n", value: "n", kind: "integer", about: "checkpoints (default 10)" }],
    examples: ["cmdop audit checkpoints -n 1 --json > kept.json"],
  },
];
