// The certificate of the control plane's listeners: looked at once a day, and made anew long before its time is over.
import { certificateEndMs, type ServerTls } from "@cmdop/authority";
import type { Clock, Scope } from "@cmdop/base";
import type { Logger } from "pino";
import { renewControlTls } from "../home.ts";
import { repeat } from "../repeat.ts";

const everyMs = 24 * 3_600_000;

export interface ServedCertificate {
  /** How long the one that is served is good; below zero: it has run out. */
  leftMs(): number;
}

export const startCertificateUpkeep = (
  scope: Scope,
  options: {
    /** The control plane's home. */
    readonly dir: string;
    readonly names: readonly string[];
    readonly first: ServerTls;
    readonly listeners: readonly { setTls(tls: ServerTls): void }[];
    readonly clock: Clock;
    readonly log: Logger;
  },
): ServedCertificate => {
  const { dir, names, first, listeners, clock, log } = options;
  let served = first;
  const endMs = (): number => certificateEndMs(served.certificatePem);
  const pass = async (): Promise<void> => {
    const found = await renewControlTls(dir, { names, pin: first.pin, clock });
    // Another process on this home may have made it.
    if (found.certificatePem === served.certificatePem) return;
    served = found;
    for (const listener of listeners) listener.setTls(found);
    log.info({ endsAt: new Date(endMs()).toISOString() }, "certificate.renewed");
  };
  const failed = (cause: unknown): void =>
    log.error({ err: cause, endsAt: new Date(endMs()).toISOString() }, "certificate.renewal_failed");
  const repeated = repeat({ clock, everyMs, pass, failed });
  scope.add(() => repeated.close());
  return { leftMs: () => endMs() - clock.wallMs() };
};
