// Relays tell when a machine's link begins and ends; they hear its heartbeats (30 s, lost at 90 s). A relay that dies
// tells nothing: its own requests count then, and a sweep takes its machines' links away (presence-sweep.ts). Beside
// that the machine's own requests count, which come at half of its token's life.

/** As a relay waits for a machine. */
export const relayLostAfterMs = 90_000;
const graceMs = 90_000;

export const isOnline = (
  machine: { readonly hasLink: boolean; readonly lastContactMs: number },
  options: { readonly nowMs: number; readonly tokenMs: number },
): boolean => machine.hasLink && machine.lastContactMs >= oldestContactMs(options);

/** The oldest last contact with which a machine that has a link is online. */
export const oldestContactMs = (options: { readonly nowMs: number; readonly tokenMs: number }): number =>
  options.nowMs - options.tokenMs - graceMs;
