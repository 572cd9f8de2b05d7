import { join, resolve } from "node:path";
import { isFingerprint } from "@cmdop/authority/machine";
import { toDisplayText } from "@cmdop/base";

/** One relay, written "host:port" or "[v6]:port"; the text names it in logs and status. */
export interface RelayAddress {
  readonly host: string;
  readonly port: number;
  readonly text: string;
}

export interface AgentConfig {
  /** CMDOP_HOME, absolute. */
  readonly home: string;
  readonly agentDirectory: string;
  readonly identityFile: string;
  readonly tokenFile: string;
  /** The two marks of the machine's renewals. */
  readonly marksFile: string;
  /** Where the token is renewed; undefined: it is put into its file by somebody else. */
  readonly control: ControlAddress | undefined;
  readonly statusFile: string;
  readonly runtimeDirectory: string | undefined;
  readonly uid: number;
  /** The first is preferred. */
  readonly relays: readonly RelayAddress[];
  /** `sha256:…` of the SPKI of the relays' CA; or no TLS, and every relay is on loopback then. */
  readonly trust: { readonly caPin: string } | "plaintext";
  readonly machineName: string;
  /** Whether the daemon starts the session host itself, or something else (systemd) does. */
  readonly sessionHost: "spawn" | "external";
  readonly logLevel: LogLevel;
}

export interface ControlAddress {
  readonly url: string;
  readonly caPin: string;
}

export type LogLevel = (typeof logLevels)[number];

export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments after the script. */
  readonly argv: readonly string[];
  /** Text of agent.json; undefined when there is none. */
  readonly file: string | undefined;
  readonly defaultHome: string;
  readonly hostname: string;
  readonly uid: number;
}

const relaysMax = 16;
const nameCharsMax = 128;
const defaultPort = 63_142;
const logLevels = ["debug", "info", "warn", "error"] as const;
const plaintextFlag = "--allow-plaintext-loopback";

/** Where agent.json lies, which has to be read before the rest can be parsed. */
export const configFilePath = (env: ConfigSources["env"], defaultHome: string): string =>
  join(homeOf(env, defaultHome), "agent", "agent.json");

/** A relay's address, or what is wrong with it. */
export const parseRelayAddress = (text: string): RelayAddress | string => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/.exec(
    text,
  );
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    return `"${toDisplayText(text, 80)}" is not an address: write host:port, or [address]:port for IPv6, without a scheme`;
  }
  return { host, port, text: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}` };
};

/** RFC 6761 keeps "localhost" on loopback; the rest are literal addresses. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);

/** All settings, or every problem with them at once, each naming its variable and what it expects. */
export const parseAgentConfig = (sources: ConfigSources): AgentConfig | { problems: readonly string[] } => {
  const { env, argv, uid } = sources;
  const problems: string[] = [];
  const file = parseFile(sources.file, problems);

  const isPlaintext = argv.includes(plaintextFlag);
  for (const argument of argv) {
    if (argument !== plaintextFlag) {
      problems.push(`"${toDisplayText(argument, 80)}" is not known; the one option is ${plaintextFlag}`);
    }
  }

  const relays = parseRelays(env.CMDOP_RELAYS, file.relays, problems);
  if (isPlaintext) {
    for (const relay of relays.filter(({ host }) => !isLoopback(host))) {
      problems.push(`plaintext_refused: ${plaintextFlag} is for loopback alone, and ${relay.text} is not`);
    }
  }

  const caPin = env.CMDOP_RELAY_CA_PIN || file.caPin;
  if (!isPlaintext && (caPin === undefined || !isFingerprint(caPin))) {
    problems.push(
      "CMDOP_RELAY_CA_PIN (or caPin in agent.json) must be sha256: and 43 base64url characters, as `cmdop relay fingerprint` prints it",
    );
  }

  const control = parseControl(file, problems);

  const machineName = env.CMDOP_MACHINE_NAME || file.name || sources.hostname;
  if (toDisplayText(machineName, nameCharsMax) !== machineName || machineName.trim() === "") {
    problems.push(
      `CMDOP_MACHINE_NAME (or name in agent.json) must be 1 to ${nameCharsMax} printable characters`,
    );
  }

  const sessionHost = env.CMDOP_SESSION_HOST || "spawn";
  if (sessionHost !== "spawn" && sessionHost !== "external") {
    problems.push(
      "CMDOP_SESSION_HOST must be spawn (the daemon starts it) or external (something else does)",
    );
  }

  const logLevel = logLevels.find((level) => level === (env.CMDOP_LOG_LEVEL || "info"));
  if (logLevel === undefined) problems.push(`CMDOP_LOG_LEVEL must be one of ${logLevels.join(", ")}`);

  if (problems.length > 0 || logLevel === undefined) return { problems };
  const home = homeOf(env, sources.defaultHome);
  const agentDirectory = join(home, "agent");
  return {
    home,
    agentDirectory,
    identityFile: join(agentDirectory, "identity.key"),
    tokenFile: resolve(env.CMDOP_MACHINE_TOKEN_FILE || join(agentDirectory, "machine.token")),
    marksFile: join(agentDirectory, "renewal.json"),
    control,
    statusFile: join(agentDirectory, "status.json"),
    runtimeDirectory: env.XDG_RUNTIME_DIR || undefined,
    uid,
    relays,
    trust: isPlaintext || caPin === undefined ? "plaintext" : { caPin },
    machineName,
    sessionHost: sessionHost === "external" ? "external" : "spawn",
    logLevel,
  };
};

const homeOf = (env: ConfigSources["env"], defaultHome: string): string =>
  resolve(env.CMDOP_HOME || defaultHome);

interface FileConfig {
  readonly relays?: readonly string[];
  readonly caPin?: string;
  readonly name?: string;
  readonly control?: string;
  readonly controlCaPin?: string;
}

const parseFile = (text: string | undefined, problems: string[]): FileConfig => {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message may quote the file.
    problems.push("agent.json is not JSON");
    return {};
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push(
      'agent.json must be an object: {"relays": ["host:port"], "caPin": "sha256:…", "name": "…"}',
    );
    return {};
  }
  const { relays, caPin, name, control, controlCaPin } = value as Record<string, unknown>;
  const isTexts = Array.isArray(relays) && relays.every((relay) => typeof relay === "string");
  if (relays !== undefined && !isTexts) problems.push('relays in agent.json must be a list of "host:port"');
  if (caPin !== undefined && typeof caPin !== "string") problems.push("caPin in agent.json must be a text");
  if (name !== undefined && typeof name !== "string") problems.push("name in agent.json must be a text");
  return {
    ...(isTexts ? { relays } : {}),
    ...(typeof caPin === "string" ? { caPin } : {}),
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof control === "string" ? { control } : {}),
    ...(typeof controlCaPin === "string" ? { controlCaPin } : {}),
  };
};

const parseControl = (
  { control: url, controlCaPin: caPin }: FileConfig,
  problems: string[],
): ControlAddress | undefined => {
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || new URL(url).protocol !== "https:") {
    problems.push("control in agent.json must be an address such as https://control.example.org:63141");
    return undefined;
  }
  if (caPin === undefined || !isFingerprint(caPin)) {
    problems.push("controlCaPin in agent.json must be sha256: and 43 base64url characters");
    return undefined;
  }
  return { url, caPin };
};

const parseRelays = (
  variable: string | undefined,
  listed: readonly string[] | undefined,
  problems: string[],
): readonly RelayAddress[] => {
  const texts = (variable ? variable.split(",") : (listed ?? [])).map((text) => text.trim()).filter(Boolean);
  const from = variable ? "CMDOP_RELAYS" : "relays in agent.json";
  if (texts.length === 0) {
    problems.push("CMDOP_RELAYS (or relays in agent.json) must name at least one relay: host:port,host:port");
  }
  if (texts.length > relaysMax) problems.push(`${from} names more than ${relaysMax} relays`);
  const relays = new Map<string, RelayAddress>();
  for (const text of texts) {
    const relay = parseRelayAddress(text);
    if (typeof relay === "string") problems.push(`${from}: ${relay}`);
    else relays.set(relay.text, relay);
  }
  return [...relays.values()];
};
