import { basename, delimiter } from "node:path";
import { Failure, toDisplayText } from "@cmdop/base";
import { ResizePolicy, SessionKind, type SessionSpec } from "@cmdop/protocol";
import { hostLimits } from "./limits.ts";
import { checkDirectory, findProgram } from "./program-path.ts";

/** Whose machine it is. */
export interface LaunchUser {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly shell: string;
  readonly name: string;
}

/** A session's specification, checked and with nothing left open. */
export interface LaunchPlan {
  readonly kind: SessionKind;
  readonly name: string;
  /** What to show: the program as it was asked for. */
  readonly argv: readonly string[];
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
  readonly resizePolicy: ResizePolicy;
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly hasStdin: boolean;
  readonly waitsForReader: boolean;
  readonly openedBy: string;
}

// What belongs to how we were started, and not to a person's shell.
const droppedNames = new Set([
  "TMUX",
  "TMUX_PANE",
  "STY",
  "WINDOW",
  "WINDOWID",
  "TERMCAP",
  "COLUMNS",
  "LINES",
  "INIT_CWD",
  "NODE",
  "NODE_COMPILE_CACHE",
  "NODE_CHANNEL_FD",
  "NODE_UNIQUE_ID",
  "NOTIFY_SOCKET",
  "INVOCATION_ID",
  "JOURNAL_STREAM",
  "SHLVL",
  "OLDPWD",
  "_",
]);
const droppedPrefixes = ["npm_", "CMDOP_", "VITEST"];

const inheritedEnv = (env: LaunchUser["env"]): Record<string, string> => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const isDropped = droppedNames.has(name) || droppedPrefixes.some((prefix) => name.startsWith(prefix));
    if (value !== undefined && !isDropped) kept[name] = value;
  }
  const path = kept.PATH?.split(delimiter).filter((directory) => !directory.endsWith("node_modules/.bin"));
  kept.PATH = path?.join(delimiter) || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return kept;
};

const isClean = (text: string): boolean => !text.includes("\0");

const milliseconds = (value: bigint): number => Number(value > 2n ** 52n ? 2n ** 52n : value);

/** Throws a Failure that names what is wrong with the specification. */
export const planLaunch = (sessionId: string, spec: SessionSpec, user: LaunchUser): LaunchPlan => {
  const { kind } = spec;
  if (kind !== SessionKind.TERMINAL && kind !== SessionKind.COMMAND) {
    throw new Failure("invalid_argument", "kind: a session is a terminal or a command.");
  }
  checkArguments(spec);
  const cols = dimension("cols", spec.cols, { fallback: 80, max: hostLimits.colsMax });
  const rows = dimension("rows", spec.rows, { fallback: 24, max: hostLimits.rowsMax });
  const env: Record<string, string> = {
    ...inheritedEnv(user.env),
    HOME: user.homeDirectory,
    SHELL: user.shell,
    USER: user.name,
    LOGNAME: user.name,
    ...(kind === SessionKind.TERMINAL && { TERM: "xterm-256color", COLORTERM: "truecolor" }),
    ...spec.env,
    CMDOP_SESSION: sessionId,
  };
  if (kind === SessionKind.COMMAND && spec.argv.length === 0) {
    throw new Failure("invalid_argument", "argv: a command needs a program.");
  }
  const cwd = spec.cwd || user.homeDirectory;
  const argv = spec.argv.length > 0 ? spec.argv : [user.shell];
  const wrongDirectory = checkDirectory(cwd);
  if (wrongDirectory) throw wrongDirectory;
  const file = findProgram(argv[0] ?? "", { cwd, path: env.PATH ?? "" });
  if (file instanceof Failure) throw file;
  env.PWD = cwd;
  return {
    kind,
    name: toDisplayText(spec.name, 128),
    argv,
    file,
    args: spec.argv.length > 0 ? argv.slice(1) : loginArguments(file),
    cwd,
    env,
    cols,
    rows,
    resizePolicy: spec.resizePolicy || ResizePolicy.LATEST,
    timeoutMs: milliseconds(spec.timeoutMs),
    idleMs: kind === SessionKind.TERMINAL ? milliseconds(spec.idleMs) || hostLimits.idleMsDefault : 0,
    hasStdin: spec.stdin,
    waitsForReader: kind === SessionKind.COMMAND && spec.waitForReader,
    openedBy: toDisplayText(spec.openedBy, hostLimits.operatorCharsMax),
  };
};

// Every shell that is somebody's login shell takes -l; csh takes it as its only argument.
const loginArguments = (file: string): readonly string[] => (basename(file) === "nologin" ? [] : ["-l"]);

const checkArguments = ({ argv, env, cwd }: SessionSpec): void => {
  const pairs = Object.entries(env);
  const bytes = [...argv, ...pairs.flat()].reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  if (argv.length > hostLimits.argvMax || bytes > hostLimits.argvBytesMax) {
    throw new Failure(
      "invalid_argument",
      `argv, env: at most ${hostLimits.argvMax} arguments and ${hostLimits.argvBytesMax} bytes together.`,
    );
  }
  if (![...argv, cwd, ...pairs.flat()].every(isClean)) {
    throw new Failure("invalid_argument", "argv, env, cwd: a text holds a zero byte.");
  }
  if (argv[0] === "") throw new Failure("command_not_found", "The program's name is empty.");
  if (pairs.some(([name]) => name === "" || name.includes("="))) {
    throw new Failure("invalid_argument", "env: a name is empty or holds '='.");
  }
};

const dimension = (name: string, value: number, bounds: { fallback: number; max: number }): number => {
  if (value > bounds.max) throw new Failure("invalid_argument", `${name}: at most ${bounds.max}.`);
  return value || bounds.fallback;
};
