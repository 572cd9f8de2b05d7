import { Failure, type FailureCode, failureTable, toDisplayText } from "@cmdop/base";
import { type ExitCode, toExitCode } from "./exit-codes.ts";
import { commandTable } from "./table/command-table.ts";

/** A failure as a person reads it: what failed, why, what to type next. */
export class CliError extends Error {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  readonly code: FailureCode;
  readonly exitCode: ExitCode;

  constructor(fields: {
    readonly what: string;
    readonly why: string;
    readonly next: string;
    readonly code: FailureCode;
    readonly exitCode?: ExitCode;
    readonly cause?: unknown;
  }) {
    super(`${fields.what}: ${fields.why}`, fields.cause === undefined ? {} : { cause: fields.cause });
    this.name = "CliError";
    this.what = fields.what;
    this.why = fields.why;
    this.next = fields.next;
    this.code = fields.code;
    this.exitCode = fields.exitCode ?? toExitCode(fields.code);
  }
}

export const usageError = (why: string, next: string): CliError =>
  new CliError({ what: "used wrongly", why, next, code: "invalid_argument" });

/** A question was left with ^C or Escape. */
export const leftError = (): CliError =>
  new CliError({
    what: "nothing changed",
    why: "You left the question.",
    next: "Repeat it to answer.",
    code: "cancelled",
  });

// Remedies of the failure table speak to every reader; here is what to type, where that is known.
const signInAgain =
  "Type: cmdop login. At a relay that stands alone: cmdop token mint --operator NAME there, and --token-file here.";
const isItRunning = "Does it run? Type: npm start (in the clone)";
const nextByCode: Partial<Record<FailureCode, string>> = {
  token_expired: signInAgain,
  unauthenticated: signInAgain,
  token_revoked: `${signInAgain} Somebody revoked this one.`,
  schedule_invalid: "Try it first: cmdop schedules preview. Type: cmdop schedules create --help",
  fleet_required:
    "Name it: --fleet SLUG; or for all that follows: cmdop fleets use SLUG. Type: cmdop fleets list",
  spawn_failed:
    "Check --cwd and the program, as the user that the agent there runs as: cmdop machines show MACHINE",
  fresh_sign_in_needed:
    "Type: cmdop confirm, where you have a password here, else cmdop login (on the control plane's own machine: " +
    "cmdop login --local), and then this again.",
  session_not_found: "Type: cmdop sessions -a",
  machine_not_found:
    "Type: cmdop machines. A relay that has just started knows a machine once its agent has dialled it again.",
  machine_offline: "Type on that machine: cmdop up",
  session_ended: "Type: cmdop read SESSION",
  plaintext_refused: "Type its address with https://",
  unavailable: `${isItRunning}, or cmdop doctor`,
  connection_lost: `${isItRunning}, or cmdop doctor`,
  untrusted_relay: "Type on the relay: cmdop relay fingerprint, and compare it with --ca-pin.",
  untrusted_control:
    "Type on its machine: cmdop control status, compare its CA pin, and give it: cmdop login --control-pin sha256:…",
  identity_unproven: "Type: cmdop machine key, and mint the machine's token for that key.",
};

/** Those that work with the files of a relay on this machine. */
const relayCommands = [
  "relay start",
  "relay fingerprint",
  "token mint",
  "token revoke",
  "token list-revoked",
];

/** What to type: where the table speaks to every reader, the command's own help or list. */
const nextOf = (code: FailureCode, command: string | undefined): string => {
  if (command === "doctor" && (code === "unavailable" || code === "connection_lost")) return isItRunning;
  if (code === "invalid_argument" && command !== undefined) return `Type: cmdop ${command} --help`;
  if (code === "ambiguous_name" && (command === "new" || command === "exec")) {
    return `Name one of them, by its name or id: cmdop ${command} MACHINE${command === "exec" ? " -- PROGRAM" : ""}`;
  }
  if (code === "not_configured" && command !== undefined && relayCommands.includes(command)) {
    return "Type on the relay's machine: cmdop relay init";
  }
  if (command === "schedules cancel" && code === "not_found") return "Type: cmdop schedules runs";
  const list = `${command?.split(" ")[0]} list`;
  if (code === "not_found" && command !== list && commandTable.some(({ name }) => name === list)) {
    return `Type: cmdop ${list}`;
  }
  return nextByCode[code] ?? failureTable[code].remedy;
};

/** Fields of the API as what was typed: "/spec/expression: …" as "--cron: …", "/scopes/1: …" as "--scope, value 2: …". */
const inOptions = (message: string, command: string | undefined): string => {
  const spec = commandTable.find(({ name }) => name === command);
  const isOption = (wanted: string) => spec?.options?.some(({ name }) => name === wanted) === true;
  return message.replaceAll(
    /(?<=^|\s)\/(?:[a-z]+\/)*([a-z]\w*)(?:\/(\d+))?: /gi,
    (_, field: string, index: string | undefined) => {
      const option = [optionByField[field] ?? field, field.replace(/s$/, "")].find(isOption);
      const place = index === undefined ? "" : `, value ${Number(index) + 1}`;
      return `${option === undefined ? (optionByField[field] ?? field) : `--${option}`}${place}: `;
    },
  );
};

const optionByField: Readonly<Record<string, string>> = {
  expression: "cron",
  everyS: "every",
  timezone: "zone",
  startsAt: "starts",
  endsAt: "ends",
  anchorAt: "anchor",
  maxRuns: "max-runs",
  graceMs: "misfire-grace",
  windowMs: "misfire-window",
  firstMs: "retry-wait",
  maxMs: "retry-wait-max",
  timeoutMs: "timeout",
  jitterMs: "jitter",
};

/** Of a local time that a clock change skips or repeats: what may be typed in its place. */
const meantTimes = (details: Readonly<Record<string, unknown>> | undefined): string => {
  const [first] = Array.isArray(details?.errors) ? details.errors : [];
  const candidates: unknown = first?.candidates;
  if (!Array.isArray(candidates) || candidates.length === 0) return "";
  return ` Type one of: ${candidates.map(({ value, note }) => `${value} (${note})`).join(", ")}`;
};

/**
 * Any cause as a CliError. `what` says what was being tried; `command` whose help tells what it takes. Text from peers
 * is made safe to print.
 */
export const toCliError = (cause: unknown, what: string, command?: string): CliError => {
  if (cause instanceof CliError) return cause;
  if (cause instanceof Failure) {
    return new CliError({
      what,
      why: toDisplayText(`${inOptions(cause.message, command)}${meantTimes(cause.details)}`, 1000),
      next: nextOf(cause.code, command),
      code: cause.code,
      cause,
    });
  }
  const system = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  if (system === "ENOSPC") {
    return new CliError({
      what,
      why: "No space is left where it writes.",
      next: "Free space there, and type it again.",
      code: "disk_full",
      cause,
    });
  }
  if (system === "EACCES" || system === "EROFS") {
    return new CliError({
      what,
      why: toDisplayText(cause instanceof Error ? cause.message : system),
      next: failureTable.directory_unwritable.remedy,
      code: "directory_unwritable",
      cause,
    });
  }
  return new CliError({
    what,
    why: cause instanceof Error ? toDisplayText(cause.message, 1000) : "Something unexpected was thrown.",
    next: "Set CMDOP_DEBUG=1 and run it again to see where.",
    code: "internal",
    cause,
  });
};
