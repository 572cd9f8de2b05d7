// The control plane's settings, from environment variables. Pure: every problem is reported at once, each naming its
// variable and what it takes. CMDOP_DATABASE_URL is not read here: it may hold a password, and this is printed.
import { isIP } from "node:net";
import path from "node:path";

export interface ControlConfig {
  /** Where keys, and the embedded database, lie (`control/` in CMDOP_HOME). */
  readonly dir: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** For relays and routers. */
  readonly internalHost: string;
  readonly internalPort: number;
  /** On loopback; undefined: none. */
  readonly metricsPort: number | undefined;
  /** Where people and machines reach it; stands in join strings and sign-in addresses. Undefined: host and port. */
  readonly publicUrl: string | undefined;
  /** Further names and addresses for the certificate. */
  readonly names: readonly string[];
  /** Where agents and operators find a relay: `host:port`. */
  readonly relays: readonly string[];
  /** What agents pin of the relays: their authority's key. Undefined: the system's authorities. */
  readonly relayCaPin: string | undefined;
  /** Pins that join strings carry in place of this control plane's own: behind a proxy, or while its CA is replaced. */
  readonly joinPins: readonly string[];
  /** How long a machine's token is good; it is renewed at half of that. */
  readonly machineTokenMs: number;
  /** Private ranges that webhooks may reach all the same, as in 10.1.0.0/16. */
  readonly webhookRanges: readonly string[];
  /** Where sealed files of the audit log go; undefined: nothing is sealed. */
  readonly auditArchive: string | undefined;
  /** How long what is sealed stays in the database as well; undefined: for ever. */
  readonly auditKeepMs: number | undefined;
  /** The audit log is written there as it grows; undefined: it is not. */
  readonly auditFile: string | undefined;
  /** From this size on it is put aside. */
  readonly auditFileBytesMax: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export type ConfigResult =
  | { readonly kind: "config"; readonly config: ControlConfig }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

const dayMs = 86_400_000;

export const controlPortDefault = 63_141;
export const internalPortDefault = 63_151;
export const metricsPortDefault = 63_154;

/** `directory`: where the process was started; CMDOP_HOME is taken from there when it is relative. */
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
  const list = (variable: string, expected: string, isGood: (item: string) => boolean): readonly string[] =>
    (text(variable) ?? "")
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "")
      .filter((item) => isGood(item) || refuse(variable, item, expected));
  const logLevel = (): LogLevel | undefined => {
    const value = text("CMDOP_LOG_LEVEL");
    if (value === undefined) return undefined;
    return (
      logLevels.find((level) => level === value) ??
      refuse("CMDOP_LOG_LEVEL", value, `one of ${logLevels.join(", ")}`)
    );
  };
  const publicUrl = (): string | undefined => {
    const value = text("CMDOP_CONTROL_PUBLIC_URL");
    if (value === undefined) return undefined;
    return isOrigin(value)
      ? new URL(value).origin
      : refuse("CMDOP_CONTROL_PUBLIC_URL", value, "an origin such as https://cmdop.example.org");
  };

  const relayCaPin = (): string | undefined => {
    const value = text("CMDOP_CONTROL_RELAY_CA_PIN");
    if (value === undefined || isPin(value)) return value;
    return refuse("CMDOP_CONTROL_RELAY_CA_PIN", value, "a pin as `cmdop relay fingerprint` prints it");
  };
  const joinPins = list("CMDOP_CONTROL_JOIN_PINS", "one or two pins, sha256:…", isPin);
  if (joinPins.length > 2) problems.push("CMDOP_CONTROL_JOIN_PINS takes one or two pins.");

  const place = (variable: string): string | undefined => {
    const value = text(variable);
    return value === undefined ? undefined : path.resolve(directory, value);
  };
  const auditKeepDays = integer("CMDOP_CONTROL_AUDIT_KEEP_DAYS", 1, 36_500);
  const auditArchive = place("CMDOP_CONTROL_AUDIT_ARCHIVE");
  if (auditKeepDays !== undefined && auditArchive === undefined) {
    problems.push(
      "CMDOP_CONTROL_AUDIT_KEEP_DAYS takes CMDOP_CONTROL_AUDIT_ARCHIVE: only what is sealed is removed.",
    );
  }

  const host = text("CMDOP_CONTROL_HOST") ?? "127.0.0.1";
  const config: ControlConfig = {
    dir: path.join(path.resolve(directory, text("CMDOP_HOME") ?? ".cmdop"), "control"),
    host,
    port: integer("CMDOP_CONTROL_PORT", 0, 65_535) ?? controlPortDefault,
    internalHost: text("CMDOP_CONTROL_INTERNAL_HOST") ?? "127.0.0.1",
    internalPort: integer("CMDOP_CONTROL_INTERNAL_PORT", 0, 65_535) ?? internalPortDefault,
    metricsPort:
      text("CMDOP_CONTROL_METRICS_PORT") === "off"
        ? undefined
        : (integer("CMDOP_CONTROL_METRICS_PORT", 0, 65_535, ' or "off"') ?? metricsPortDefault),
    publicUrl: publicUrl(),
    names: list("CMDOP_CONTROL_NAMES", "a name or address such as cmdop.example.org", isName),
    relays: list("CMDOP_CONTROL_RELAYS", "an address such as relay.example.org:63142", isAddress),
    relayCaPin: relayCaPin(),
    joinPins,
    machineTokenMs: (integer("CMDOP_CONTROL_MACHINE_TOKEN_S", 2, 86_400) ?? 3_600) * 1_000,
    webhookRanges: list("CMDOP_CONTROL_WEBHOOK_RANGES", "a range such as 10.1.0.0/16", isRange),
    auditArchive,
    auditKeepMs: auditKeepDays === undefined ? undefined : auditKeepDays * dayMs,
    auditFile: place("CMDOP_CONTROL_AUDIT_FILE"),
    auditFileBytesMax: (integer("CMDOP_CONTROL_AUDIT_FILE_MIB", 1, 65_536) ?? 100) * 1024 * 1024,
    drainMs: integer("CMDOP_CONTROL_DRAIN_MS", 0, 60_000) ?? 5_000,
    logLevel: logLevel() ?? "info",
  };
  const ports = [config.port, config.internalPort, config.metricsPort].filter((port) => port !== 0);
  if (new Set(ports).size < ports.length) {
    problems.push(
      "CMDOP_CONTROL_PORT, CMDOP_CONTROL_INTERNAL_PORT and CMDOP_CONTROL_METRICS_PORT must differ.",
    );
  }
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "config", config };
};

const isOrigin = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && pathname + search + hash + username === "/";
};

const isRange = (text: string): boolean => {
  const [address = "", bits = ""] = text.split("/");
  const family = isIP(address);
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
};

const isName = (text: string): boolean => /^[A-Za-z0-9.:_-]{1,253}$/.test(text);

const isPin = (text: string): boolean => /^sha256:[A-Za-z0-9_-]{43}$/.test(text);

const isAddress = (text: string): boolean => {
  const port = Number(/^(?:\[[0-9a-f:]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(text)?.[1]);
  return port > 0 && port < 65_536;
};
