import type { FailureCode } from "@cmdop/base";

/** What the process ends with. `exec` passes the remote code through beside these. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  denied: 4,
  unreachable: 5,
  timedOut: 6,
  execFailed: 125,
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  /** As a program that SIGPIPE ended. */
  unread: 141,
} as const;

export type ExitCode = number;

export const exitCodeTable: readonly { readonly code: string; readonly meaning: string }[] = [
  { code: "0", meaning: "done" },
  { code: "1", meaning: "failed: refused, not found, in conflict; `status --check`: not linked" },
  { code: "2", meaning: "used wrongly, or a name that fits more than one" },
  { code: "4", meaning: "no valid token, or it does not allow this" },
  {
    code: "5",
    meaning:
      "relay or machine unreachable; `exec`: lost after the command had started, or a part of its output was",
  },
  { code: "6", meaning: "timed out; what was waited for may go on" },
  { code: "125", meaning: "`exec`: failed before the command ran" },
  { code: "126", meaning: "`exec`: the program cannot be executed" },
  { code: "127", meaning: "`exec`: there is no such program" },
  { code: "130", meaning: "interrupted (^C) before anything had started" },
  { code: "141", meaning: "whoever read the output has gone (`| head`)" },
  { code: "128 + n", meaning: "`exec`, `attach`, `wait --exit`: the execution was ended by signal n" },
  { code: "other", meaning: "`exec`, `attach`, `wait --exit`: the execution's own exit code" },
];

const usage: readonly FailureCode[] = ["ambiguous_name", "invalid_argument"];
const denied: readonly FailureCode[] = [
  "unauthenticated",
  "sign_in_failed",
  "access_denied",
  "mfa_needed",
  "fresh_sign_in_needed",
  "token_expired",
  "token_revoked",
  "token_limit_reached",
  "permission_denied",
  "identity_unproven",
  "origin_not_allowed",
  "untrusted_control",
  "untrusted_relay",
];
const unreachable: readonly FailureCode[] = [
  "machine_offline",
  "session_unreachable",
  "unavailable",
  "connection_lost",
  "draining",
  "host_unavailable",
];

export const toExitCode = (code: FailureCode): ExitCode => {
  if (usage.includes(code)) return exitCodes.usage;
  if (denied.includes(code)) return exitCodes.denied;
  if (unreachable.includes(code)) return exitCodes.unreachable;
  if (code === "timed_out") return exitCodes.timedOut;
  if (code === "cancelled") return exitCodes.interrupted;
  return exitCodes.failed;
};

/** `exec`: whatever kept the command from running has its own three codes, as with docker run. */
export const toExecExitCode = (code: FailureCode): ExitCode => {
  if (code === "command_not_found") return exitCodes.notFound;
  if (code === "command_not_executable") return exitCodes.notExecutable;
  return exitCodes.execFailed;
};

// Numbers are the same on Linux and macOS except for a few; those that end programs in practice are listed.
const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** How an execution ended as a process exit code: its code, 128 + signal, or 1 where neither is known. */
export const executionExitCode = (exit: {
  readonly code: number | null;
  readonly signal: string | null;
}): ExitCode => {
  if (exit.code !== null) return exit.code & 0xff;
  if (exit.signal !== null) return 128 + (signalNumbers[exit.signal] ?? 0);
  return exitCodes.failed;
};
