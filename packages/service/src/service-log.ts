import pino, { type DestinationStream, type Logger } from "pino";

/** One line of JSON each: constant `event` names, ids as fields. Never a secret, a byte of a session, a prompt. */
export const createServiceLog = (service: string, level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
