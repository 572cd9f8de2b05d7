import type { OptionSpec } from "./command-spec.ts";

export const globalOptions: readonly OptionSpec[] = [
  { name: "json", about: "print JSON: an array for a list, one object a line for a stream" },
  { name: "quiet", short: "q", about: "print ids alone, and no notes" },
  { name: "no-color", about: "no colours (also NO_COLOR, TERM=dumb)" },
  {
    name: "relay",
    value: "host:port",
    kind: "text",
    about:
      "the relay; several separated by commas (default: CMDOP_RELAY, the configuration, the control plane)",
    completes: "nothing",
  },
  {
    name: "ca-pin",
    value: "sha256:…",
    kind: "text",
    about: "fingerprint of the relay's CA (default: CMDOP_RELAY_CA_PIN, then as the relay)",
    completes: "nothing",
  },
  {
    name: "control",
    value: "url",
    kind: "text",
    about: "the control plane (default: CMDOP_CONTROL, then the configuration)",
    completes: "nothing",
  },
  {
    name: "fleet",
    value: "fleet",
    kind: "text",
    about: "the fleet, by slug or id (default: CMDOP_FLEET, then the configuration, then your only one)",
    completes: "nothing",
  },
  {
    name: "token-file",
    value: "file",
    kind: "text",
    about: "file that holds the token (default: CMDOP_TOKEN, CMDOP_TOKEN_FILE, then the configuration)",
    completes: "file",
  },
];
