// The control plane's settings, from environment variables. CMDOP_DATABASE_URL (it may hold a password) and
// CMDOP_CONTROL_SEALING_KEYS are not among them: these are printed.
import { isIP } from "node:net";
import path from "node:path";
import {
  type ConfigResult,
  type Environment,
  type LogLevel,
  Settings,
  toAddress,
  toOrigin,
} from "@cmdop/service";

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
  /** How long what is over stays in the database: sign-ins, sessions of the catalogue, invitations. */
  readonly historyMs: number;
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

const dayMs = 86_400_000;

export const controlPortDefault = 63_141;
export const internalPortDefault = 63_151;
export const metricsPortDefault = 63_154;

/** `directory`: where the process was started; CMDOP_HOME is taken from there when it is relative. */
export const parseConfig = (env: Environment, directory: string): ConfigResult<ControlConfig> => {
  const read = new Settings(env);
  const place = (variable: string): string | undefined => {
    const value = read.text(variable);
    return value === undefined ? undefined : path.resolve(directory, value);
  };
  const port = read.port("CMDOP_CONTROL_PORT", controlPortDefault);
  const internalPort = read.port("CMDOP_CONTROL_INTERNAL_PORT", internalPortDefault);
  const metricsPort = read.optionalPort("CMDOP_CONTROL_METRICS_PORT", metricsPortDefault);
  read.distinct({
    CMDOP_CONTROL_PORT: port,
    CMDOP_CONTROL_INTERNAL_PORT: internalPort,
    CMDOP_CONTROL_METRICS_PORT: metricsPort,
  });
  const joinPins = read.list("CMDOP_CONTROL_JOIN_PINS", toPin, "one or two pins, sha256:…");
  if (joinPins.length > 2) read.problem("CMDOP_CONTROL_JOIN_PINS takes one or two pins.");
  const auditKeepDays = read.integer("CMDOP_CONTROL_AUDIT_KEEP_DAYS", 1, 36_500);
  const auditArchive = place("CMDOP_CONTROL_AUDIT_ARCHIVE");
  if (auditKeepDays !== undefined && auditArchive === undefined) {
    read.problem(
      "CMDOP_CONTROL_AUDIT_KEEP_DAYS takes CMDOP_CONTROL_AUDIT_ARCHIVE: only what is sealed is removed.",
    );
  }
  return read.result({
    dir: path.join(path.resolve(directory, read.text("CMDOP_HOME") ?? ".cmdop"), "control"),
    host: read.text("CMDOP_CONTROL_HOST") ?? "127.0.0.1",
    port,
    internalHost: read.text("CMDOP_CONTROL_INTERNAL_HOST") ?? "127.0.0.1",
    internalPort,
    metricsPort,
    publicUrl: read.value(
      "CMDOP_CONTROL_PUBLIC_URL",
      toOrigin,
      "an origin such as https://cmdop.example.org",
    ),
    names: read.list("CMDOP_CONTROL_NAMES", toName, "a name or address such as cmdop.example.org"),
    relays: read.list(
      "CMDOP_CONTROL_RELAYS",
      toDialable,
      "an address that machines can dial, such as relay.example.org:63142,",
    ),
    relayCaPin: read.value(
      "CMDOP_CONTROL_RELAY_CA_PIN",
      toPin,
      "a pin as `cmdop relay fingerprint` prints it",
    ),
    joinPins,
    machineTokenMs: (read.integer("CMDOP_CONTROL_MACHINE_TOKEN_S", 2, 86_400) ?? 3_600) * 1_000,
    historyMs: (read.integer("CMDOP_CONTROL_HISTORY_DAYS", 1, 36_500) ?? 90) * dayMs,
    webhookRanges: read.list("CMDOP_CONTROL_WEBHOOK_RANGES", toRange, "a range such as 10.1.0.0/16"),
    auditArchive,
    auditKeepMs: auditKeepDays === undefined ? undefined : auditKeepDays * dayMs,
    auditFile: place("CMDOP_CONTROL_AUDIT_FILE"),
    auditFileBytesMax: (read.integer("CMDOP_CONTROL_AUDIT_FILE_MIB", 1, 65_536) ?? 100) * 1024 * 1024,
    drainMs: read.integer("CMDOP_CONTROL_DRAIN_MS", 0, 60_000) ?? 5_000,
    logLevel: read.logLevel(),
  });
};

const toRange = (text: string): string | undefined => {
  const [address = "", bits = ""] = text.split("/");
  const family = isIP(address);
  const isRange = family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return isRange ? text : undefined;
};

const toName = (text: string): string | undefined =>
  /^[A-Za-z0-9.:_-]{1,253}$/.test(text) ? text : undefined;

const toPin = (text: string): string | undefined =>
  /^sha256:[A-Za-z0-9_-]{43}$/.test(text) ? text : undefined;

/** "Every address" is one to listen on. */
const toDialable = (text: string): string | undefined =>
  /^(0\.0\.0\.0|\[[0:]+\]):/.test(text) ? undefined : toAddress(text);
