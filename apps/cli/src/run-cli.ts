import type { Client, ControlClient } from "@cmdop/sdk";
import { type CliError, toCliError, usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { type ExitCode, exitCodes, toExecExitCode } from "./exit-codes.ts";
import { withRelays } from "./find-relays.ts";
import type { Io } from "./io.ts";
import { Options } from "./options/options.ts";
import { createPrinter, type Printer } from "./output/printer.ts";
import { isColoured } from "./output/style.ts";
import { type Parsed, parseCommandLine } from "./program.ts";
import { homeOf, readSettings, requireConnection, requireControl } from "./settings.ts";
import { commandModules } from "./table/command-modules.ts";
import type { CommandSpec } from "./table/command-spec.ts";
import { globalOptions } from "./table/global-options.ts";

/** One run of the CLI. Resolves with the exit code; says itself what went wrong. */
export const runCli = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  const isAskedFor = (flag: string) =>
    args.slice(0, args.indexOf("--") >= 0 ? args.indexOf("--") : undefined).includes(flag);
  const printer = createPrinter(io, {
    isJson: isAskedFor("--json"),
    isQuiet: isAskedFor("-q") || isAskedFor("--quiet"),
    isColourRefused: isAskedFor("--no-color"),
  });
  let parsed: Parsed | undefined;
  try {
    if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
      return await runCli(["version"], io);
    }
    parsed = parseCommandLine(args, {
      columns: io.stdout.isTTY ? io.stdout.columns : undefined,
      isColoured: isColoured(io.stdout, io.env),
      out: (text) => io.stdout.write(printer.typed(text)),
    });
    return parsed === undefined ? exitCodes.done : await runCommand(parsed, io, printer);
  } catch (cause) {
    const error = toCliError(
      cause,
      parsed ? whatFailed(parsed.command) : "used wrongly",
      parsed?.command.name,
    );
    printer.error(error);
    const isExec = parsed?.command.name === "exec" || (parsed === undefined && args[0] === "exec");
    return isExec ? execExitCode(error) : error.exitCode;
  }
};

const execExitCode = (error: CliError): ExitCode =>
  error.code === "cancelled" ? exitCodes.interrupted : toExecExitCode(error.code);

const whatFailed = (command: CommandSpec): string =>
  `cannot ${command.about.split(/[;:,]/)[0] ?? command.name}`;

const runCommand = async (parsed: Parsed, io: Io, print: Printer): Promise<ExitCode> => {
  const { command } = parsed;
  const specs = [...(command.options ?? []), ...globalOptions];
  const options = Options.parse(parsed.options, specs, `Type: cmdop ${command.name} --help`);
  const controller = new AbortController();
  const interrupted = usageError("interrupted", "");
  const offs = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) =>
    io.onSignal(name, () => controller.abort(interrupted)),
  );
  const stopSignals = () => {
    for (const off of offs.splice(0)) off();
  };
  let client: Promise<Client> | undefined;
  const settings = () =>
    readSettings({
      env: io.env,
      root: io.root,
      cwd: io.cwd,
      relay: options.text("relay"),
      caPin: options.text("ca-pin"),
      tokenFile: options.text("token-file"),
      control: options.text("control"),
      fleet: options.text("fleet"),
    });
  let controlClient: Promise<ControlClient> | undefined;
  const controlTimeoutMs = command.goesOnWithoutControl ? controlAnswerMs : undefined;
  const control = () => {
    controlClient ??= openControl(settings(), controlTimeoutMs);
    return controlClient;
  };
  const context: Context = {
    io,
    options,
    arguments: parsed.arguments,
    argv: parsed.argv,
    print,
    home: homeOf(io.env, io.root),
    signal: controller.signal,
    settings,
    client: () => {
      client ??= openClient(settings(), controlTimeoutMs);
      return client;
    },
    control,
    fleet: async () => settings().fleet ?? onlyFleet(await control()),
    ownSignals: stopSignals,
  };
  try {
    const module = await commandModules[command.name]?.();
    if (!module) throw new Error(`the command ${command.name} has no code`);
    return await module.run(context);
  } catch (cause) {
    if (controller.signal.aborted) return exitCodes.interrupted;
    throw cause;
  } finally {
    stopSignals();
    const opened = await client?.catch(() => undefined);
    await opened?.dispose();
  }
};

/** How long one that is not needed is waited for, from dialing to the whole answer of one request. */
const controlAnswerMs = 3_000;

const openClient = async (
  settings: ReturnType<typeof readSettings>,
  controlTimeoutMs: number | undefined,
): Promise<Client> => {
  const { relays, token, caPin, fleet } = requireConnection(await withRelays(settings, controlTimeoutMs));
  const { createClient } = await import("@cmdop/sdk");
  return createClient({
    relay: relays,
    token,
    ...(caPin === undefined ? {} : { ca: { pin: caPin } }),
    ...(fleet === undefined ? {} : { fleet }),
  });
};

const openControl = async (
  settings: ReturnType<typeof readSettings>,
  timeoutMs: number | undefined,
): Promise<ControlClient> => {
  const { control, controlCaPin, token } = requireControl(settings);
  const { createControlClient } = await import("@cmdop/sdk");
  const more = timeoutMs === undefined ? {} : { timeoutMs };
  return createControlClient({ url: control, token, caPin: controlCaPin, userAgent: "cmdop-cli", ...more });
};

/** Fleets that are named where one has to be chosen. */
const namedFleetsMax = 10;

const onlyFleet = async (control: ControlClient): Promise<string> => {
  const { data } = await control.GET("/v1/fleets", { params: { query: { limit: namedFleetsMax } } });
  const slugs = (data?.items ?? []).map(({ slug }) => slug);
  const [fleet, another] = slugs;
  if (fleet && !another) return fleet;
  throw usageError(
    fleet
      ? `You are in several fleets: ${slugs.join(", ")}${data?.nextCursor ? ", …" : ""}.`
      : "You are in no fleet.",
    fleet
      ? `Name one: --fleet ${fleet}, or CMDOP_FLEET; or for all that follows: cmdop fleets use ${fleet}`
      : "Type: cmdop fleets create NAME",
  );
};
