// The router's settings, from environment variables. Pure: every problem is reported at once, each naming its
// variable and what it takes. Keys are not read here: they never stand in what is printed at start.
import path from "node:path";
import { Secret } from "./core/secret.ts";

export interface RouterConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** On loopback; undefined: none. */
  readonly metricsPort: number | undefined;
  readonly routes: {
    readonly path: string;
    /** It was named, so it must be there. */
    readonly isRequired: boolean;
  };
  readonly control: {
    /** Of control.json; without the file and the URL, keys stand in the route table and the environment alone. */
    readonly directory: string;
    /** Goes before the file's. */
    readonly url: string | undefined;
  };
  readonly drainMs: number;
  readonly connectionsPerProvider: number;
  readonly logLevel: LogLevel;
  /** Where counters are shared, with its password; undefined: this router counts for itself. */
  readonly redisUrl: Secret | undefined;
  /** Undefined: off. */
  readonly tracing: { readonly endpoint: string; readonly tellsProviders: boolean } | undefined;
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
type LogLevel = (typeof logLevels)[number];

export type ConfigResult =
  | { readonly kind: "config"; readonly config: RouterConfig }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

export const routerPortDefault = 63_143;
export const metricsPortDefault = 63_153;

/** `directory`: where the process was started; relative paths are taken from there. */
export const parseConfig = (env: Environment, directory: string): ConfigResult => {
  const problems: string[] = [];
  const text = (variable: string): string | undefined => {
    const value = env[variable]?.trim();
    return value === "" ? undefined : value;
  };
  const refuse = (variable: string, value: string, expected: string): undefined => {
    problems.push(`${variable} is ${JSON.stringify(value)}: ${expected} is expected.`);
  };
  const integer = (variable: string, min: number, max: number, orElse = ""): number | undefined => {
    const value = text(variable);
    if (value === undefined) return undefined;
    const number = Number(value);
    return /^\d+$/.test(value) && number >= min && number <= max
      ? number
      : refuse(variable, value, `a whole number from ${min} to ${max}${orElse}`);
  };
  const logLevel = (): LogLevel | undefined => {
    const value = text("CMDOP_LOG_LEVEL");
    if (value === undefined) return undefined;
    return (
      logLevels.find((level) => level === value) ??
      refuse("CMDOP_LOG_LEVEL", value, `one of ${logLevels.join(", ")}`)
    );
  };
  const isOn = (variable: string): boolean => {
    const value = text(variable) ?? "off";
    if (value !== "on" && value !== "off") refuse(variable, value, '"on" or "off"');
    return value === "on";
  };
  const tracing = (): RouterConfig["tracing"] => {
    const tellsProviders = isOn("CMDOP_ROUTER_TRACE_PROVIDERS");
    const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const endpoint = text(variable);
    if (endpoint === undefined) return undefined;
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    // The value is not shown: what stands before an @ is a secret.
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
      problems.push(`${variable}: an http or https URL without a user is expected.`);
    return { endpoint, tellsProviders };
  };
  const controlUrl = (): string | undefined => {
    const value = text("CMDOP_CONTROL_URL");
    if (value === undefined) return undefined;
    return /^https:\/\/[^/@]+\/?$/.test(value) && URL.canParse(value)
      ? value
      : refuse("CMDOP_CONTROL_URL", value, "an https address without a path");
  };
  const redisUrl = (): Secret | undefined => {
    const url = text("CMDOP_ROUTER_REDIS_URL");
    if (url === undefined) return undefined;
    // The value is not shown: a password stands in it.
    if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url))
      problems.push("CMDOP_ROUTER_REDIS_URL: redis://[[user]:password@]host[:port][/number] is expected.");
    return new Secret(url);
  };
  const named = text("CMDOP_ROUTER_CONFIG");
  const home = path.resolve(directory, text("CMDOP_HOME") ?? ".cmdop");
  const config: RouterConfig = {
    host: text("CMDOP_ROUTER_HOST") ?? "127.0.0.1",
    port: integer("CMDOP_ROUTER_PORT", 0, 65_535) ?? routerPortDefault,
    metricsPort:
      text("CMDOP_ROUTER_METRICS_PORT") === "off"
        ? undefined
        : (integer("CMDOP_ROUTER_METRICS_PORT", 0, 65_535, ' or "off"') ?? metricsPortDefault),
    routes: {
      path: named === undefined ? path.join(home, "router", "router.yaml") : path.resolve(directory, named),
      isRequired: named !== undefined,
    },
    control: {
      directory: path.join(home, "router"),
      url: controlUrl(),
    },
    drainMs: integer("CMDOP_ROUTER_DRAIN_MS", 0, 3_600_000) ?? 30_000,
    connectionsPerProvider: integer("CMDOP_ROUTER_CONNECTIONS_MAX", 1, 65_535) ?? 2_048,
    logLevel: logLevel() ?? "info",
    redisUrl: redisUrl(),
    tracing: tracing(),
  };
  if (config.metricsPort !== undefined && config.port !== 0 && config.port === config.metricsPort) {
    problems.push("CMDOP_ROUTER_PORT and CMDOP_ROUTER_METRICS_PORT are the same: two ports are needed.");
  }
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "config", config };
};
