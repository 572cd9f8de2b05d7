import path from "node:path";

export interface Settings {
  /** Where all state lies. */
  readonly home: string;
  readonly relayHost: string;
  readonly relayPort: number;
  readonly metricsPort: number;
  readonly machineName: string;
}

/** Reads the environment of `npm start`; every problem at once, each naming its variable. */
export const parseSettings = (
  env: Readonly<Record<string, string | undefined>>,
  defaults: { readonly root: string; readonly hostname: string },
): Settings | { readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const port = (variable: string, otherwise: number): number => {
    const text = env[variable];
    if (text === undefined || text === "") return otherwise;
    const value = Number(text);
    if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
    problems.push(`${variable} is "${text}": a port from 1 to 65535 is expected.`);
    return otherwise;
  };
  const relayPort = port("CMDOP_RELAY_PORT", 63_142);
  const metricsPort = port(
    "CMDOP_RELAY_METRICS_PORT",
    relayPort + 10 < 65_536 ? relayPort + 10 : relayPort - 10,
  );
  if (relayPort === metricsPort) {
    problems.push("CMDOP_RELAY_PORT and CMDOP_RELAY_METRICS_PORT are the same: two ports are needed.");
  }
  if (problems.length > 0) return { problems };
  return {
    home: path.resolve(defaults.root, env.CMDOP_HOME || ".cmdop"),
    relayHost: env.CMDOP_RELAY_HOST || "127.0.0.1",
    relayPort,
    metricsPort,
    machineName: env.CMDOP_MACHINE_NAME || defaults.hostname,
  };
};
