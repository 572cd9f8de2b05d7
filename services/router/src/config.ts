// The router's settings, from environment variables. Keys are not among them: these are printed at start.
import path from "node:path";
import { type ConfigResult, type Environment, type LogLevel, Settings, toHttpsOrigin } from "@cmdop/service";
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

export const routerPortDefault = 63_143;
export const metricsPortDefault = 63_153;

/** `directory`: where the process was started; relative paths are taken from there. */
export const parseConfig = (env: Environment, directory: string): ConfigResult<RouterConfig> => {
  const read = new Settings(env);
  const tracing = (): RouterConfig["tracing"] => {
    const tellsProviders = read.isOn("CMDOP_ROUTER_TRACE_PROVIDERS");
    const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const endpoint = read.text(variable);
    if (endpoint === undefined) return undefined;
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    // The value is not shown: what stands before an @ is a secret.
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
      read.problem(`${variable}: an http or https URL without a user is expected.`);
    return { endpoint, tellsProviders };
  };
  const redisUrl = (): Secret | undefined => {
    const url = read.text("CMDOP_ROUTER_REDIS_URL");
    if (url === undefined) return undefined;
    // The value is not shown: a password stands in it.
    if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url))
      read.problem("CMDOP_ROUTER_REDIS_URL: redis://[[user]:password@]host[:port][/number] is expected.");
    return new Secret(url);
  };
  const named = read.text("CMDOP_ROUTER_CONFIG");
  const home = path.resolve(directory, read.text("CMDOP_HOME") ?? ".cmdop");
  const port = read.port("CMDOP_ROUTER_PORT", routerPortDefault);
  const metricsPort = read.optionalPort("CMDOP_ROUTER_METRICS_PORT", metricsPortDefault);
  read.distinct({ CMDOP_ROUTER_PORT: port, CMDOP_ROUTER_METRICS_PORT: metricsPort });
  return read.result({
    host: read.text("CMDOP_ROUTER_HOST") ?? "127.0.0.1",
    port,
    metricsPort,
    routes: {
      path: named === undefined ? path.join(home, "router", "router.yaml") : path.resolve(directory, named),
      isRequired: named !== undefined,
    },
    control: {
      directory: path.join(home, "router"),
      url: read.value("CMDOP_CONTROL_URL", toHttpsOrigin, "an https address without a path"),
    },
    drainMs: read.integer("CMDOP_ROUTER_DRAIN_MS", 0, 3_600_000) ?? 30_000,
    connectionsPerProvider: read.integer("CMDOP_ROUTER_CONNECTIONS_MAX", 1, 65_535) ?? 2_048,
    logLevel: read.logLevel(),
    redisUrl: redisUrl(),
    tracing: tracing(),
  });
};
