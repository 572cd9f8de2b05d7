import type { Options } from "./options.ts";

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
export const auditFilterOf = (options: Options): AuditFilter => {
  const texts = {
    actor: options.text("actor"),
    action: options.text("action"),
    target: options.text("target"),
    outcome: options.text("outcome"),
    requestId: options.text("request"),
    fingerprint: options.text("fingerprint"),
    since: options.text("since"),
    until: options.text("until"),
  };
  return Object.fromEntries(
    Object.entries(texts).filter(([, value]) => value !== undefined),
  ) satisfies AuditFilter;
};
