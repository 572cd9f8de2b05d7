/** The end of the year 9999: the latest that RFC 3339 can tell. A clock may say anything. */
export const latestWallMs = 253_402_300_799_999;

/** Time as a value that a test can own. All times are milliseconds. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01 UTC; may jump. For records and token expiry. */
  wallMs(): number;
  /** Monotonic milliseconds from an arbitrary origin. For deadlines and durations. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** Timers take 31 bits of milliseconds, and run at once what is beyond. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  after: (delayMs, task) => {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (ms: number): void => {
      timer = ms <= timerMsMax ? setTimeout(task, ms) : setTimeout(() => wait(ms - timerMsMax), timerMsMax);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
