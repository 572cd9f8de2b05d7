// The relay's settings, from environment variables. Pure: every problem is reported at once, each naming its
// variable and what it takes.
import path from "node:path";

export interface RelayConfig {
  /** Where the relay's keys lie (`relay/` in CMDOP_HOME). */
  readonly dir: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** On loopback; undefined: none. */
  readonly metricsPort: number | undefined;
  /** Origins of browser pages that may attach. Empty: none may. */
  readonly origins: readonly string[];
  /** Where agents and operators are sent at drain; empty: they dial their own list again. */
  readonly moveTo: readonly string[];
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly attachmentsPerSession: number | undefined;
  readonly liveSessionsPerMachine: number | undefined;
  readonly links: number | undefined;
  readonly connections: number;
  /** The control plane's address for edges; undefined: as `control.json` in the relay's directory says, if it is there. */
  readonly controlUrl: string | undefined;
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export type ConfigResult =
  | { readonly kind: "config"; readonly config: RelayConfig }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

export const relayPortDefault = 63_142;
export const metricsPortDefault = 63_152;

/** `directory`: where the process was started; CMDOP_HOME is taken from there when it is relative. */
export const parseConfig = (env: Environment, directory: string): ConfigResult => {
  const problems: string[] = [];
  const read = new Reader(env, problems);
  const home = path.resolve(directory, read.text("CMDOP_HOME") ?? ".cmdop");
  const config: RelayConfig = {
    dir: path.join(home, "relay"),
    host: read.text("CMDOP_RELAY_HOST") ?? "127.0.0.1",
    port: read.integer("CMDOP_RELAY_PORT", 0, 65_535) ?? relayPortDefault,
    metricsPort:
      read.text("CMDOP_RELAY_METRICS_PORT") === "off"
        ? undefined
        : (read.integer("CMDOP_RELAY_METRICS_PORT", 0, 65_535, ' or "off"') ?? metricsPortDefault),
    origins: read.list("CMDOP_RELAY_ORIGINS", toOrigin, "an origin such as https://console.example.org"),
    moveTo: read.list("CMDOP_RELAY_MOVE_TO", toAddress, "an address such as relay-2.example.org:63142"),
    drainMs: read.integer("CMDOP_RELAY_DRAIN_MS", 0, 10_000) ?? 10_000,
    logLevel: read.oneOf("CMDOP_LOG_LEVEL", logLevels) ?? "info",
    attachmentsPerSession: read.integer("CMDOP_RELAY_ATTACHMENTS_MAX", 1, 10_000),
    liveSessionsPerMachine: read.integer("CMDOP_RELAY_SESSIONS_MAX", 1, 10_000),
    links: read.integer("CMDOP_RELAY_LINKS_MAX", 1, 100_000),
    connections: read.integer("CMDOP_RELAY_CONNECTIONS_MAX", 1, 200_000) ?? 20_000,
    controlUrl: read.address(
      "CMDOP_CONTROL_URL",
      toHttpsOrigin,
      "an address such as https://control.example.org:63151",
    ),
  };
  if (config.metricsPort !== undefined && config.port !== 0 && config.port === config.metricsPort) {
    problems.push("CMDOP_RELAY_PORT and CMDOP_RELAY_METRICS_PORT are the same: two ports are needed.");
  }
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "config", config };
};

/** The origin in its one form (scheme, host, port other than the scheme's); undefined when it is none. */
const toOrigin = (text: string): string | undefined => {
  try {
    const url = new URL(text);
    const isBare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
    return isBare && (url.protocol === "https:" || url.protocol === "http:") ? url.origin : undefined;
  } catch {
    return undefined;
  }
};

/** With TLS alone: what is sent there is a credential. */
const toHttpsOrigin = (text: string): string | undefined =>
  text.startsWith("https:") ? toOrigin(text) : undefined;

const toAddress = (text: string): string | undefined => {
  const match = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  return match && port > 0 && port < 65_536 ? text : undefined;
};

class Reader {
  readonly #env: Environment;
  readonly #problems: string[];

  constructor(env: Environment, problems: string[]) {
    this.#env = env;
    this.#problems = problems;
  }

  text(variable: string): string | undefined {
    const text = this.#env[variable]?.trim();
    return text === "" ? undefined : text;
  }

  address(
    variable: string,
    parse: (text: string) => string | undefined,
    expected: string,
  ): string | undefined {
    const text = this.text(variable);
    const value = text === undefined ? undefined : parse(text);
    if (text !== undefined && value === undefined) this.#refuse(variable, text, expected);
    return value;
  }

  integer(variable: string, min: number, max: number, orElse = ""): number | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    this.#refuse(variable, text, `a whole number from ${min} to ${max}${orElse}`);
    return undefined;
  }

  oneOf<Value extends string>(variable: string, values: readonly Value[]): Value | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) this.#refuse(variable, text, `one of ${values.join(", ")}`);
    return value;
  }

  list(variable: string, parse: (text: string) => string | undefined, expected: string): readonly string[] {
    const items = (this.text(variable) ?? "")
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
    return items.flatMap((item) => {
      const parsed = parse(item);
      if (parsed !== undefined) return [parsed];
      this.#refuse(variable, item, expected);
      return [];
    });
  }

  #refuse(variable: string, text: string, expected: string): void {
    this.#problems.push(`${variable} is ${JSON.stringify(text)}: ${expected} is expected.`);
  }
}
