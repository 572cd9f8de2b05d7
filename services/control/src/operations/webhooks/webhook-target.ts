import { AddressRefused, checkUrl, isDialable } from "@cmdop/authority";
import { Failure } from "@cmdop/base";

const isLoopbackName = (hostname: string): boolean => /(^|\.)localhost\.?$/.test(hostname);

/**
 * Refuses what every delivery would refuse, while whoever types it is there to read why. Other names are judged when
 * they are dialed: what they resolve to may change.
 */
export const assertDeliverable = (url: string, ranges: readonly string[]): void => {
  const target = new URL(url);
  try {
    checkUrl(target, ranges);
    if (!isLoopbackName(target.hostname)) return;
    if (isDialable("127.0.0.1", ranges)) return;
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error;
  }
  throw new Failure(
    "invalid_argument",
    "url: nothing would be delivered there. It is https to the public internet, or a private address in a range that " +
      "the control plane's CMDOP_CONTROL_WEBHOOK_RANGES names; plain http goes to such an address alone, " +
      "written in numbers.",
  );
};
