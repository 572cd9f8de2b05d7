import type { Clock } from "@cmdop/base";
import type { TokenUseEvent } from "./contract-events.ts";
import { edgeLimits } from "./limits.ts";

// How often tokens were used, told in batches: a key that is used a thousand times a second makes one event in ten
// seconds. The first use is told at once, so that whoever just made a key sees that it works.

export interface UsageCounts {
  used(use: { readonly tokenId: string; readonly fleet: string; readonly isFirst: boolean }): void;
  /** Tells what was counted. */
  flush(): void;
  /** The same, and no more after it. */
  close(): void;
}

export const createUsageCounts = (options: {
  readonly plane: "relay" | "router";
  readonly clock: Clock;
  readonly tell: (event: TokenUseEvent) => void;
}): UsageCounts => {
  const { plane, clock, tell } = options;
  const counts = new Map<string, { tokenId: string; fleet: string; count: number; atMs: number }>();
  let cancel = (): void => undefined;

  const flush = (): void => {
    for (const { tokenId, fleet, count, atMs } of counts.values())
      tell({ kind: "token_use", atMs, tokenId, fleet, count, plane });
    counts.clear();
  };
  const again = (): void => {
    cancel = clock.after(edgeLimits.tokenUseIntervalMs, () => {
      flush();
      again();
    });
  };
  again();

  return {
    used: ({ tokenId, fleet, isFirst }) => {
      const atMs = Math.trunc(clock.wallMs());
      if (isFirst) {
        tell({ kind: "token_use", atMs, tokenId, fleet, count: 1, plane });
        return;
      }
      const key = `${tokenId} ${fleet}`;
      const known = counts.get(key);
      if (known) {
        known.count += 1;
        known.atMs = atMs;
        return;
      }
      if (counts.size >= edgeLimits.tokenUsesMax) flush();
      counts.set(key, { tokenId, fleet, count: 1, atMs });
    },
    flush,
    close: () => {
      cancel();
      flush();
    },
  };
};
