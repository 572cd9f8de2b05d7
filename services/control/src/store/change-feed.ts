// What operations publish, as every process of the control plane hears it: in the order of the commits. The newest are
// kept in memory, so that a watcher who comes back soon misses nothing; one who comes back later, or to another
// process, is told to look at everything anew.
import { randomBase62 } from "@cmdop/base";
import type { ControlDatabase } from "./schema.ts";
import { changesChannel } from "./unit-of-work.ts";

export interface Change {
  /** Its place in this process's feed: `<epoch>.<number>`. */
  readonly mark: string;
  readonly topic: string;
  readonly id: string;
  /** Undefined: of the whole installation. */
  readonly fleetId: string | undefined;
}

export interface ChangeFeed {
  /** The place of the newest change. */
  readonly mark: string;
  /** What came after it; undefined: that is not known here any more. */
  after(mark: string): readonly Change[] | undefined;
  /** `missed`: there may have been changes that nobody heard. Returns how to stop. */
  follow(heard: (change: Change | "missed") => void): () => void;
  close(): Promise<void>;
}

/** Some 200 bytes each. */
const keptMax = 4_096;

export const openChangeFeed = async (database: ControlDatabase): Promise<ChangeFeed> => {
  const followers = new Set<(change: Change | "missed") => void>();
  let kept: Change[] = [];
  let epoch = randomBase62(10);
  let head = 0;

  const tell = (heard: Change | "missed"): void => {
    for (const follower of [...followers]) follower(heard);
  };
  const stop = await database.listen(changesChannel, (payload) => {
    const change = payload === undefined ? undefined : parseChange(payload);
    if (!change) {
      epoch = randomBase62(10);
      kept = [];
      tell("missed");
      return;
    }
    head += 1;
    const marked = { ...change, mark: `${epoch}.${head}` };
    kept.push(marked);
    if (kept.length >= 2 * keptMax) kept = kept.slice(-keptMax);
    tell(marked);
  });
  return {
    get mark() {
      return `${epoch}.${head}`;
    },
    after: (mark) => {
      const [itsEpoch, number] = mark.split(".");
      const position = Number(number);
      if (itsEpoch !== epoch || !Number.isSafeInteger(position) || position > head) return undefined;
      const missing = head - position;
      return missing <= kept.length ? kept.slice(kept.length - missing) : undefined;
    },
    follow: (heard) => {
      followers.add(heard);
      return () => followers.delete(heard);
    },
    close: stop,
  };
};

/** As the unit of work writes it. */
const parseChange = (payload: string): Omit<Change, "mark"> | undefined => {
  try {
    const { topic, id, fleetId } = JSON.parse(payload) as Record<string, unknown>;
    if (typeof topic !== "string" || typeof id !== "string") return undefined;
    return { topic, id, fleetId: typeof fleetId === "string" ? fleetId : undefined };
  } catch {
    return undefined;
  }
};
