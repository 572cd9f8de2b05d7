// Looks at what the control plane publishes, each part by itself, at its interval or when it is asked to.
import { type Clock, Failure } from "@cmdop/base";
import type { Snapshot } from "./control-client.ts";

export interface SnapshotPart {
  readonly what: "keySet" | "fleets" | "checkpoint";
  look(): Promise<void>;
}

/** What is asked for by its ETag, and taken when it is another. */
export const poll = <Value>(
  what: SnapshotPart["what"],
  get: (etag: string | undefined) => Promise<Snapshot<Value>>,
  take: (value: Value) => void,
): SnapshotPart => {
  let etag: string | undefined;
  return {
    what,
    look: async () => {
      const snapshot = await get(etag);
      if (snapshot.kind === "same") return;
      take(snapshot.value);
      etag = snapshot.etag;
    },
  };
};

/** While it fails, it is tried each second. */
const retryMs = 1_000;

export interface Polling {
  /** Does not wait for its time. */
  lookNow(what: SnapshotPart["what"]): void;
  close(): void;
}

export const pollSnapshots = (options: {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly parts: readonly SnapshotPart[];
  readonly failed: (what: SnapshotPart["what"], cause: unknown) => void;
}): Polling => {
  let isClosed = false;
  const waits = new Map<SnapshotPart, () => void>();
  /** Asked for while one was looked at: its answer may be older than that. */
  const again = new Set<SnapshotPart>();
  const follow = async (part: SnapshotPart): Promise<void> => {
    waits.delete(part);
    let nextMs = options.intervalMs;
    try {
      await part.look();
    } catch (cause) {
      nextMs = Math.min(retryMs, options.intervalMs);
      if (!isClosed) options.failed(part.what, cause instanceof Failure ? cause.cause : cause);
    }
    if (isClosed) return;
    const waitMs = again.delete(part) ? 0 : nextMs;
    waits.set(
      part,
      options.clock.after(waitMs, () => void follow(part)),
    );
  };
  for (const part of options.parts) void follow(part);
  return {
    lookNow: (what) => {
      const part = options.parts.find((one) => one.what === what);
      if (isClosed || !part) return;
      const cancel = waits.get(part);
      if (!cancel) return void again.add(part);
      cancel();
      void follow(part);
    },
    close: () => {
      isClosed = true;
      for (const cancel of waits.values()) cancel();
    },
  };
};
