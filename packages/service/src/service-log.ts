import pino, { type DestinationStream, type Logger } from "pino";

/** One line of JSON each: constant `event` names, ids as fields. Never a secret, a byte of a session, a prompt. */
export const createServiceLog = (service: string, level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service },
      messageKey: "event",
      timestamp: createTimestamps(() => Date.now()),
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );

/** ISO 8601 in UTC, as a member of a line. What stays for a second is made once in it. */
export const createTimestamps = (wallMs: () => number): (() => string) => {
  let second = Number.NaN;
  let begin = "";
  return () => {
    const now = wallMs();
    const ms = now % 1_000;
    if (now - ms !== second) {
      second = now - ms;
      begin = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
    }
    return `${begin}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z"`;
  };
};
