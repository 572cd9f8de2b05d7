// The certificate at the relay's port. The relay makes none: what `cmdop relay init` made anew is served without a
// restart, and it is said while nobody does so.
import { type CertifiedKey, certificateEndMs, readRelayTls, relayPaths, watchFile } from "@cmdop/authority";
import type { Clock } from "@cmdop/base";
import type { Logger } from "pino";

const dayMs = 24 * 3_600_000;
/** `cmdop relay init` renews 60 days before the end: with so little left nothing calls it. */
const warnBelowMs = 21 * dayMs;
const warnEveryMs = dayMs;
/** Beside each change of the certificate's file: a key that was put there after it is no change of that. */
const lookEveryMs = 3_600_000;

export interface ServedCertificate {
  /** How long the one that is served is good; below zero: it has run out. */
  leftMs(): number;
  /** Until the returned function is called. */
  watch(): () => void;
}

export const createServedCertificate = (options: {
  /** The relay's home. */
  readonly dir: string;
  readonly first: CertifiedKey;
  /** Takes another pair for connections to come. */
  readonly serve: (pair: CertifiedKey) => void;
  readonly clock: Clock;
  readonly log: Logger;
}): ServedCertificate => {
  const { dir, first, serve, clock, log } = options;
  let served = first;
  let warnedAtMs: number | undefined;
  const endMs = (): number => certificateEndMs(served.certificatePem);
  const leftMs = (): number => endMs() - clock.wallMs();

  const look = async (): Promise<void> => {
    try {
      const pair = await readRelayTls(dir);
      if (pair.certificatePem === served.certificatePem) return;
      serve(pair);
      served = pair;
      log.info({ endsAt: new Date(endMs()).toISOString() }, "certificate.reloaded");
    } catch (cause) {
      log.error({ err: cause }, "certificate.invalid");
    }
  };
  // One after the other: an older reading never comes last.
  let looked: Promise<void> = Promise.resolve();
  const lookInTurn = (): Promise<void> => {
    looked = looked.then(look);
    return looked;
  };

  const warn = (): void => {
    const nowMs = clock.nowMs();
    if (leftMs() >= warnBelowMs || (warnedAtMs !== undefined && nowMs - warnedAtMs < warnEveryMs)) return;
    warnedAtMs = nowMs;
    log.warn(
      { endsAt: new Date(endMs()).toISOString(), daysLeft: Math.floor(leftMs() / dayMs) },
      "certificate.ends_soon",
    );
  };

  const watch = (): (() => void) => {
    const unwatch = watchFile(relayPaths(dir).certificate, lookInTurn);
    let isClosed = false;
    let cancel = (): void => undefined;
    const again = (): void => {
      warn();
      if (isClosed) return;
      cancel = clock.after(lookEveryMs, () => void lookInTurn().then(again));
    };
    again();
    return () => {
      isClosed = true;
      unwatch();
      cancel();
    };
  };
  return { leftMs, watch };
};
