// Where the CLI finds relay, control plane, pins, fleet and token: option, then environment, then
// <home>/cli/config.json.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { CliError } from "./cli-error.ts";

export interface ConnectionSettings {
  readonly relays: readonly string[];
  /** Undefined: the system's CAs are trusted. */
  readonly caPin: string | undefined;
  readonly token: string | undefined;
  /** The control plane's address; undefined: there is none, the relay stands alone. */
  readonly control: string | undefined;
  /** Undefined: the system's CAs are trusted. */
  readonly controlCaPin: string | undefined;
  /** By id or slug; undefined: the token's only one. */
  readonly fleet: string | undefined;
  /** Where each came from, for doctor. */
  readonly sources: {
    readonly relay: string;
    readonly caPin: string;
    readonly token: string;
    readonly control: string;
  };
}

export interface SettingsInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root: string;
  readonly cwd: string;
  readonly relay: string | undefined;
  readonly caPin: string | undefined;
  readonly tokenFile: string | undefined;
  readonly control?: string | undefined;
  readonly fleet?: string | undefined;
}

/** State of everything on this machine: CMDOP_HOME, else .cmdop in the clone. */
export const homeOf = (env: SettingsInput["env"], root: string): string =>
  path.resolve(root, env.CMDOP_HOME || ".cmdop");

interface ConfigFile {
  readonly relay?: string;
  readonly caPin?: string;
  readonly tokenFile?: string;
  readonly control?: string;
  readonly controlCaPin?: string;
  readonly fleet?: string;
}

const startHint =
  "Type: npm start (in the clone), or pass --relay HOST:PORT --ca-pin sha256:… --token-file FILE.";

const readConfig = (file: string): ConfigFile => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) throw new Error("not an object");
    const field = (name: keyof ConfigFile) => {
      const found: unknown = Reflect.get(value, name);
      return typeof found === "string" && found !== "" ? { [name]: found } : {};
    };
    return {
      ...field("relay"),
      ...field("caPin"),
      ...field("tokenFile"),
      ...field("control"),
      ...field("controlCaPin"),
      ...field("fleet"),
    };
  } catch (cause) {
    throw new CliError({
      what: "cannot read the configuration",
      why: `${file} is not JSON as expected.`,
      next: "Mend or remove it; npm start and cmdop up write it anew.",
      code: "not_configured",
      cause,
    });
  }
};

const readToken = (file: string, from: string): string => {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new CliError({
      what: "cannot read the token",
      why: `${file} (from ${from}) cannot be read.`,
      next: "Type: cmdop token mint --operator NAME --out FILE (on the relay), and pass it with --token-file.",
      code: "not_configured",
      cause,
    });
  }
};

const splitRelays = (text: string): string[] =>
  text
    .split(",")
    .map((relay) => relay.trim())
    .filter((relay) => relay !== "");

export const readSettings = (input: SettingsInput): ConnectionSettings => {
  const { env } = input;
  const home = homeOf(env, input.root);
  const directory = path.join(home, "cli");
  const file = path.join(directory, "config.json");
  const config = readConfig(file);
  const [relayText, relaySource] = first(
    [input.relay, "--relay"],
    [env.CMDOP_RELAY, "CMDOP_RELAY"],
    [config.relay, file],
  );
  // The pin of one relay says nothing about another.
  const configPin = relayText === config.relay ? config.caPin : undefined;
  const [caPin, pinSource] = first(
    [input.caPin, "--ca-pin"],
    [env.CMDOP_RELAY_CA_PIN, "CMDOP_RELAY_CA_PIN"],
    [configPin, file],
  );
  const [control, controlSource] = first(
    [input.control, "--control"],
    [env.CMDOP_CONTROL, "CMDOP_CONTROL"],
    [config.control, file],
  );
  const isConfiguredControl = config.control === undefined || isSameOrigin(control, config.control);
  const [controlCaPin] = first(
    [env.CMDOP_CONTROL_CA_PIN, "CMDOP_CONTROL_CA_PIN"],
    [isConfiguredControl ? config.controlCaPin : undefined, file],
  );
  const [fleet] = first([input.fleet, "--fleet"], [env.CMDOP_FLEET, "CMDOP_FLEET"], [config.fleet, file]);
  const defaultTokenFile = path.join(directory, "operator.token");
  const configTokenFile = config.tokenFile ?? (existsSync(defaultTokenFile) ? defaultTokenFile : undefined);
  const [tokenFile, tokenFileSource] = first(
    [input.tokenFile && path.resolve(input.cwd, input.tokenFile), "--token-file"],
    [env.CMDOP_TOKEN_FILE && path.resolve(input.cwd, env.CMDOP_TOKEN_FILE), "CMDOP_TOKEN_FILE"],
    [configTokenFile && path.resolve(directory, configTokenFile), file],
  );
  const envToken = input.tokenFile ? undefined : env.CMDOP_TOKEN?.trim();
  // The login of one control plane is not shown to another.
  const isLoginElsewhere = !isConfiguredControl && tokenFileSource === file;
  const token =
    envToken || (tokenFile && !isLoginElsewhere ? readToken(tokenFile, tokenFileSource) : undefined);
  return {
    relays: splitRelays(relayText ?? ""),
    caPin,
    token,
    control,
    controlCaPin,
    fleet,
    sources: {
      relay: relaySource,
      caPin: caPin === undefined ? "the system's CAs" : pinSource,
      token: envToken ? "CMDOP_TOKEN" : ((token && tokenFile) ?? "nowhere"),
      control: controlSource,
    },
  };
};

const isSameOrigin = (one: string | undefined, other: string): boolean => {
  const originOf = (address: string) => URL.parse(address)?.origin ?? address;
  return one !== undefined && originOf(one) === originOf(other);
};

const first = (
  ...candidates: readonly (readonly [string | undefined, string])[]
): [string | undefined, string] => {
  const found = candidates.find(([value]) => value !== undefined && value !== "");
  return found ? [found[0], found[1]] : [undefined, "nowhere"];
};

/** Settings that suffice to call a relay, or what is missing. */
export const requireConnection = (
  settings: ConnectionSettings,
): ConnectionSettings & { readonly token: string } => {
  if (settings.relays.length === 0) {
    throw new CliError({
      what: "no relay to call",
      why: "Neither --relay, nor CMDOP_RELAY, nor the configuration names one.",
      // A control plane names its relays itself to whoever has a key of it.
      next: settings.token?.startsWith("cmdop_")
        ? "Name the control plane that the key is of: CMDOP_CONTROL=https://HOST:63141 CMDOP_CONTROL_CA_PIN=sha256:…"
        : startHint,
      code: "not_configured",
    });
  }
  if (!settings.token) {
    throw new CliError({
      what: "no token to show",
      why: "Neither --token-file, nor CMDOP_TOKEN, nor the configuration has one.",
      next: "Type: cmdop token mint --operator NAME --out FILE (on the relay), and pass it with --token-file.",
      code: "unauthenticated",
    });
  }
  return { ...settings, token: settings.token };
};

/** Settings that suffice to call the control plane, or what is missing. */
export const requireControl = (
  settings: ConnectionSettings,
): ConnectionSettings & { readonly control: string; readonly token: string } => {
  const { control, token } = settings;
  if (control === undefined) {
    throw new CliError({
      what: "no control plane to call",
      why: "Neither --control, nor CMDOP_CONTROL, nor the configuration names one.",
      next: "Type: cmdop login --control https://HOST:63141, or npm start (in the clone).",
      code: "not_configured",
    });
  }
  if (token === undefined) {
    throw new CliError({
      what: "not signed in",
      why: `Neither --token-file, nor CMDOP_TOKEN, nor the configuration has a token for ${control}.`,
      next: `Type: cmdop login --control ${control}`,
      code: "unauthenticated",
    });
  }
  return { ...settings, control, token };
};
