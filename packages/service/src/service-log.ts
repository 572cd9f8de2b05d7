import pino, { type DestinationStream, type Logger } from "pino";

const msInSecond = 1_000;

/** Pino's own makes a Date for each line; its text but for the milliseconds is the same for a second. */
const createIsoTime = (): (() => string) => {
  let second = Number.NaN;
  let begin = "";
  return () => {
    const nowMs = Date.now();
    const ms = nowMs % msInSecond;
    if (nowMs - ms !== second) {
      second = nowMs - ms;
      begin = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
    }
    return `${begin}${String(ms).padStart(3, "0")}Z"`;
  };
};

/** One line of JSON each: constant `event` names, ids as fields. Never a secret, a byte of a session, a prompt. */
export const createServiceLog = (service: string, level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service },
      messageKey: "event",
      timestamp: createIsoTime(),
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
