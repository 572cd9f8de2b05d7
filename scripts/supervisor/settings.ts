import path from "node:path";

/** One port of the stack: who listens on it, and the variable that changes it. */
export interface PortSetting {
  readonly use: string;
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

export const portNames = [
  "control",
  "internal",
  "controlMetrics",
  "relay",
  "relayMetrics",
  "router",
  "routerMetrics",
] as const;
export type PortName = (typeof portNames)[number];

/** Beside which other one a port stands unless it is set. */
export const movesWith: Readonly<Partial<Record<PortName, PortName>>> = {
  internal: "control",
  controlMetrics: "control",
  relayMetrics: "relay",
  routerMetrics: "router",
};

export interface Settings {
  /** Where all state lies. */
  readonly home: string;
  readonly ports: Readonly<Record<PortName, PortSetting>>;
  readonly machineName: string;
  /** Where machines and operators find the relay: told to whoever joins. */
  readonly relays: string;
}

const loopback = "127.0.0.1";

const isAnyAddress = (host: string): boolean => host === "0.0.0.0" || host === "::" || host === "[::]";
const bracketed = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;

/** From this machine: a server on every address is reached by loopback. */
export const dialOf = ({ host, port }: PortSetting): { readonly host: string; readonly port: number } => ({
  host: isAnyAddress(host) ? loopback : host,
  port,
});

export const dialAddressOf = (of: PortSetting): string => {
  const { host, port } = dialOf(of);
  return `${bracketed(host)}:${port}`;
};

/**
 * Nobody can dial "every address". In its place stands the name by which people reach the control plane on this
 * machine, or the machine's own; undefined: neither means this machine to another.
 */
const relaysOf = (
  env: Readonly<Record<string, string | undefined>>,
  { host, port }: PortSetting,
  hostname: string,
): string | undefined => {
  if (env.CMDOP_CONTROL_RELAYS) return env.CMDOP_CONTROL_RELAYS;
  if (!isAnyAddress(host)) return `${bracketed(host)}:${port}`;
  const url = env.CMDOP_CONTROL_PUBLIC_URL ?? "";
  const names = [URL.canParse(url) ? new URL(url).hostname : "", hostname.toLowerCase()];
  const name = names.find((each) => each !== "" && !/^(localhost(\..*)?|127\..*|\[::1\])$/.test(each));
  return name === undefined ? undefined : `${name}:${port}`;
};

/** Reads the environment of `npm start`; every problem at once, each naming its variable. */
export const parseSettings = (
  env: Readonly<Record<string, string | undefined>>,
  defaults: { readonly root: string; readonly hostname: string },
): Settings | { readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const port = (use: string, variable: string, otherwise: number, host = loopback): PortSetting => {
    const text = env[variable];
    const value = text === undefined || text === "" ? otherwise : Number(text);
    if (!Number.isInteger(value) || value <= 0 || value > 65_535) {
      problems.push(`${variable} is "${text}": a port from 1 to 65535 is expected.`);
      return { use, variable, host, port: otherwise };
    }
    return { use, variable, host, port: value };
  };
  /** A port that nobody dials by hand stands ten above the one that it belongs to. */
  const beside = (of: PortSetting, offset: number): number =>
    of.port + offset < 65_536 ? of.port + offset : of.port - offset;

  const control = port("control plane", "CMDOP_CONTROL_PORT", 63_141, env.CMDOP_CONTROL_HOST || loopback);
  const relay = port("relay", "CMDOP_RELAY_PORT", 63_142, env.CMDOP_RELAY_HOST || loopback);
  const router = port("model router", "CMDOP_ROUTER_PORT", 63_143, env.CMDOP_ROUTER_HOST || loopback);
  const ports = {
    control,
    internal: port(
      "control plane's edge API",
      "CMDOP_CONTROL_INTERNAL_PORT",
      beside(control, 10),
      env.CMDOP_CONTROL_INTERNAL_HOST || loopback,
    ),
    controlMetrics: port("control plane's metrics", "CMDOP_CONTROL_METRICS_PORT", beside(control, 13)),
    relay,
    relayMetrics: port("relay's metrics", "CMDOP_RELAY_METRICS_PORT", beside(relay, 10)),
    router,
    routerMetrics: port("router's metrics", "CMDOP_ROUTER_METRICS_PORT", beside(router, 10)),
  };
  const taken = new Map<number, string>();
  for (const { port: number, variable } of Object.values(ports)) {
    const other = taken.get(number);
    if (other) problems.push(`${other} and ${variable} are both ${number}: each needs a port of its own.`);
    taken.set(number, variable);
  }
  const relays = relaysOf(env, relay, defaults.hostname);
  if (relays === undefined)
    problems.push(
      `CMDOP_RELAY_HOST is "${relay.host}": no other machine can dial that, and this one has no name but localhost. ` +
        `Say where machines find the relay: CMDOP_CONTROL_RELAYS=relay.example.org:${relay.port}.`,
    );
  if (problems.length > 0 || relays === undefined) return { problems };
  return {
    home: path.resolve(defaults.root, env.CMDOP_HOME || ".cmdop"),
    ports,
    machineName: env.CMDOP_MACHINE_NAME || defaults.hostname,
    relays,
  };
};
