// The relay's settings, from environment variables.
import { isIP, SocketAddress } from "node:net";
import path from "node:path";
import {
  type ConfigResult,
  type Environment,
  type LogLevel,
  Settings,
  toAddress,
  toHttpsOrigin,
  toOrigin,
} from "@cmdop/service";

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
  /** Connections of one address that have shown no good token; an address is an IPv4 one or a /64. */
  readonly unauthenticatedConnections: number;
  /** Addresses of which many parties come, and that are not counted so. */
  readonly proxies: readonly string[];
  /** The control plane's address for edges; undefined: as `control.json` in the relay's directory says, if it is there. */
  readonly controlUrl: string | undefined;
}

export const relayPortDefault = 63_142;
export const metricsPortDefault = 63_152;

const loopback = ["127.0.0.1", "::1"];

/** As a socket says it. */
const toIp = (text: string): string | undefined => {
  const version = isIP(text);
  if (version === 0) return undefined;
  return new SocketAddress({ address: text, family: version === 4 ? "ipv4" : "ipv6" }).address;
};

/** `directory`: where the process was started; CMDOP_HOME is taken from there when it is relative. */
export const parseConfig = (env: Environment, directory: string): ConfigResult<RelayConfig> => {
  const read = new Settings(env);
  const port = read.port("CMDOP_RELAY_PORT", relayPortDefault);
  const metricsPort = read.optionalPort("CMDOP_RELAY_METRICS_PORT", metricsPortDefault);
  read.distinct({ CMDOP_RELAY_PORT: port, CMDOP_RELAY_METRICS_PORT: metricsPort });
  const proxies = read.list("CMDOP_RELAY_PROXIES", toIp, "an IP address");
  return read.result({
    dir: path.join(path.resolve(directory, read.text("CMDOP_HOME") ?? ".cmdop"), "relay"),
    host: read.text("CMDOP_RELAY_HOST") ?? "127.0.0.1",
    port,
    metricsPort,
    origins: read.list("CMDOP_RELAY_ORIGINS", toOrigin, "an origin such as https://console.example.org"),
    moveTo: read.list("CMDOP_RELAY_MOVE_TO", toAddress, "an address such as relay-2.example.org:63142"),
    drainMs: read.integer("CMDOP_RELAY_DRAIN_MS", 0, 10_000) ?? 10_000,
    logLevel: read.logLevel(),
    attachmentsPerSession: read.integer("CMDOP_RELAY_ATTACHMENTS_MAX", 1, 10_000),
    liveSessionsPerMachine: read.integer("CMDOP_RELAY_SESSIONS_MAX", 1, 10_000),
    links: read.integer("CMDOP_RELAY_LINKS_MAX", 1, 100_000),
    connections: read.integer("CMDOP_RELAY_CONNECTIONS_MAX", 1, 200_000) ?? 20_000,
    unauthenticatedConnections: read.integer("CMDOP_RELAY_UNAUTHENTICATED_MAX", 1, 200_000) ?? 256,
    proxies: proxies.length > 0 ? proxies : loopback,
    controlUrl: read.value(
      "CMDOP_CONTROL_URL",
      toHttpsOrigin,
      "an address such as https://control.example.org:63151",
    ),
  });
};
