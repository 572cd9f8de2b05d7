import type { Client, ControlClient } from "@cmdop/sdk";
import type { Io } from "./io.ts";
import type { Options } from "./options/options.ts";
import type { Printer } from "./output/printer.ts";
import type { ConnectionSettings } from "./settings.ts";

/** What a command works with. */
export interface Context {
  readonly io: Io;
  readonly options: Options;
  /** As in the command's table; a variadic one takes the rest. */
  readonly arguments: readonly string[];
  /** After `--`. */
  readonly argv: readonly string[];
  readonly print: Printer;
  /** Where state lies (CMDOP_HOME). */
  readonly home: string;
  /** Aborted by ^C, SIGTERM and SIGHUP, unless the command handles signals itself. */
  readonly signal: AbortSignal;
  settings(): ConnectionSettings;
  /** The client for these settings; disposed of after the command. */
  client(): Promise<Client>;
  /** The control plane, signed in. */
  control(): Promise<ControlClient>;
  /** The fleet that is meant, for paths: `--fleet`, CMDOP_FLEET, the configuration, else the only one. */
  fleet(): Promise<string>;
  /** Turns the default handling of signals off: the command does it. */
  ownSignals(): void;
}
