// Settings from environment variables. Pure: every problem is gathered, each naming its variable and what it takes,
// so that all of them are told at once.

export type Environment = Readonly<Record<string, string | undefined>>;

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export type ConfigResult<Config> =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** A value's one form; undefined: it is none. */
type Parse<Value> = (text: string) => Value | undefined;

export class Settings {
  readonly #env: Environment;
  readonly #problems: string[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Notes a problem that is not one variable's value alone. */
  problem(text: string): void {
    this.#problems.push(text);
  }

  /** Notes that a value is not what its variable takes. Not for a value that may hold a secret: it is shown. */
  refuse(variable: string, value: string, expected: string): undefined {
    this.problem(`${variable} is ${JSON.stringify(value)}: ${expected} is expected.`);
  }

  result<Config>(config: Config): ConfigResult<Config> {
    return this.#problems.length > 0
      ? { kind: "problems", problems: this.#problems }
      : { kind: "config", config };
  }

  /** Trimmed; an empty variable is one that is not set. */
  text(variable: string): string | undefined {
    const value = this.#env[variable]?.trim();
    return value === "" ? undefined : value;
  }

  value<Value>(variable: string, parse: Parse<Value>, expected: string): Value | undefined {
    const text = this.text(variable);
    return text === undefined ? undefined : (parse(text) ?? this.refuse(variable, text, expected));
  }

  /** Parted by commas. */
  list<Value>(variable: string, parse: Parse<Value>, expected: string): readonly Value[] {
    return (this.text(variable) ?? "")
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "")
      .flatMap((item) => parse(item) ?? this.refuse(variable, item, expected) ?? []);
  }

  integer(variable: string, min: number, max: number, orElse = ""): number | undefined {
    const parse = (text: string): number | undefined => {
      const number = Number(text);
      return /^\d+$/.test(text) && number >= min && number <= max ? number : undefined;
    };
    return this.value(variable, parse, `a whole number from ${min} to ${max}${orElse}`);
  }

  /** 0: any free port. */
  port(variable: string, otherwise: number): number {
    return this.integer(variable, 0, 65_535) ?? otherwise;
  }

  /** undefined: "off". */
  optionalPort(variable: string, otherwise: number): number | undefined {
    if (this.text(variable) === "off") return undefined;
    return this.integer(variable, 0, 65_535, ' or "off"') ?? otherwise;
  }

  isOn(variable: string): boolean {
    const value = this.text(variable) ?? "off";
    if (value !== "on" && value !== "off") this.refuse(variable, value, '"on" or "off"');
    return value === "on";
  }

  logLevel(): LogLevel {
    const parse = (text: string): LogLevel | undefined => logLevels.find((level) => level === text);
    return this.value("CMDOP_LOG_LEVEL", parse, `one of ${logLevels.join(", ")}`) ?? "info";
  }

  /** Notes ports that are the same. Those that are 0 or off never are. */
  distinct(ports: Readonly<Record<string, number | undefined>>): void {
    const taken = new Map<number, string>();
    for (const [variable, port] of Object.entries(ports)) {
      if (port === undefined || port === 0) continue;
      const other = taken.get(port);
      if (other) this.problem(`${other} and ${variable} are the same: each needs a port of its own.`);
      taken.set(port, variable);
    }
  }
}

/** Scheme, host and port, in the one form of an origin. */
export const toOrigin: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined;
  const { protocol, pathname, search, hash, username, origin } = new URL(text);
  const isBare = pathname + search + hash + username === "/";
  return isBare && (protocol === "https:" || protocol === "http:") ? origin : undefined;
};

/** With TLS alone: for what a credential is sent to. */
export const toHttpsOrigin: Parse<string> = (text) =>
  text.startsWith("https:") ? toOrigin(text) : undefined;

/** `host:port`. */
export const toAddress: Parse<string> = (text) => {
  const port = Number(/^(?:\[[0-9a-f:]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(text)?.[1]);
  return port > 0 && port < 65_536 ? text : undefined;
};
