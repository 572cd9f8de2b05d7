import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";

interface CommandModule {
  run(context: Context): Promise<ExitCode>;
}

/** The code of each command of the table, loaded when it runs: a start pays for one command alone. */
export const commandModules: Readonly<Record<string, () => Promise<CommandModule>>> = {
  "relay init": () => import("./commands/relay-init.ts"),
  "relay start": () => import("./commands/relay-start.ts"),
  "relay fingerprint": () => import("./commands/relay-fingerprint.ts"),
  "token mint": () => import("./commands/token-mint.ts"),
  "token revoke": () => import("./commands/token-revoke.ts"),
  "token list-revoked": () => import("./commands/token-list-revoked.ts"),
  "new": () => import("./commands/new.ts"),
  attach: () => import("./commands/attach.ts"),
  sessions: () => import("./commands/sessions.ts"),
  exec: () => import("./commands/exec.ts"),
  send: () => import("./commands/send.ts"),
  read: () => import("./commands/read.ts"),
  wait: () => import("./commands/wait.ts"),
  close: () => import("./commands/close.ts"),
  ticket: () => import("./commands/ticket.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  whoami: () => import("./commands/whoami.ts"),
  "tokens list": () => import("./commands/tokens-list.ts"),
  "tokens revoke": () => import("./commands/tokens-revoke.ts"),
  "audit list": () => import("./commands/audit-list.ts"),
  "audit export": () => import("./commands/audit-export.ts"),
  "audit verify": () => import("./commands/audit-verify.ts"),
  "audit checkpoints": () => import("./commands/audit-checkpoints.ts"),
  fleets: () => import("./commands/fleets.ts"),
  machines: () => import("./commands/machines.ts"),
  "schedules list": () => import("./commands/schedules-list.ts"),
  "schedules create": () => import("./commands/schedules-create.ts"),
  "schedules show": () => import("./commands/schedules-show.ts"),
  "schedules preview": () => import("./commands/schedules-preview.ts"),
  "schedules pause": () => import("./commands/schedules-pause.ts"),
  "schedules resume": () => import("./commands/schedules-resume.ts"),
  "schedules run": () => import("./commands/schedules-run.ts"),
  "schedules runs": () => import("./commands/schedules-runs.ts"),
  "schedules cancel": () => import("./commands/schedules-cancel.ts"),
  "schedules delete": () => import("./commands/schedules-delete.ts"),
  up: () => import("./commands/up.ts"),
  status: () => import("./commands/status.ts"),
  down: () => import("./commands/down.ts"),
  "machine key": () => import("./commands/machine-key.ts"),
  doctor: () => import("./commands/doctor.ts"),
  completion: () => import("./commands/completion.ts"),
  version: () => import("./commands/version.ts"),
  "complete-names": () => import("./commands/complete-names.ts"),
};
