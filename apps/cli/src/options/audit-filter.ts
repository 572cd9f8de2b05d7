import type { Context } from "../context.ts";
import { toPastTime } from "./past-time.ts";

interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly outcome?: "allowed" | "denied" | "failed";
  readonly requestId?: string;
  readonly fingerprint?: string;
  readonly since?: string;
  readonly until?: string;
}

/** The filters of `audit list` and `audit export`, as the API takes them. */
export const auditFilterOf = ({ io, options }: Pick<Context, "io" | "options">): AuditFilter => {
  const timeOf = (name: string) => toPastTime(options.text(name), `--${name}`, io.wallMs());
  const texts = {
    actor: options.text("actor"),
    action: options.text("action"),
    target: options.text("target"),
    outcome: options.text("outcome"),
    requestId: options.text("request"),
    fingerprint: options.text("fingerprint"),
    since: timeOf("since"),
    until: timeOf("until"),
  };
  return Object.fromEntries(
    Object.entries(texts).filter(([, value]) => value !== undefined),
  ) satisfies AuditFilter;
};
