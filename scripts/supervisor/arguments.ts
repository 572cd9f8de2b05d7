import type { Settings } from "./settings.ts";

/** Of `npm start`: what is set is set by variables. */
export const parseArguments = (
  args: readonly string[],
): { readonly isHelp: boolean } | { readonly problem: string } => {
  const unknown = args.find((arg) => arg !== "--help" && arg !== "-h");
  if (unknown !== undefined) {
    return { problem: `npm start takes no "${unknown}": settings are variables. Type: npm start -- --help` };
  }
  return { isHelp: args.length > 0 };
};

/** The settings are those of an empty environment: defaults. */
export const helpText = ({ home, ports, machineName }: Settings): string => {
  const rows = [
    ["CMDOP_HOME", home, "all state"],
    ["CMDOP_MACHINE_NAME", machineName, "the agent's name"],
    ...Object.values(ports).map(({ variable, port, use }) => [variable, String(port), use] as const),
    ["CMDOP_CONTROL_HOST", ports.control.host, "the control plane's address"],
    ["CMDOP_CONTROL_INTERNAL_HOST", ports.internal.host, "its edge API's"],
    ["CMDOP_RELAY_HOST", ports.relay.host, "the relay's"],
    ["CMDOP_ROUTER_HOST", ports.router.host, "the model router's"],
    ["CMDOP_DATABASE_URL", "embedded", "PostgreSQL 15 or newer in its place"],
  ] as const;
  const [nameWidth, defaultWidth] = [0, 1].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map(
    ([name, otherwise, about]) =>
      `  ${name.padEnd(nameWidth ?? 0)}  ${otherwise.padEnd(defaultWidth ?? 0)}  ${about}`,
  );
  return `npm start

Starts control plane, relay, model router and the agent of this machine, as separate processes; ^C stops them.

Variables, their defaults, and what they change:

${lines.join("\n")}

Logs are in logs/ below CMDOP_HOME, one file a process. README.md has the first five minutes.`;
};
