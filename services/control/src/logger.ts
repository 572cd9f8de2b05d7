import pino, { type DestinationStream, type Logger } from "pino";

/** One line of JSON each: constant `event` names, ids as fields. Never a secret, a password, a request's body. */
export const createLogger = (level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service: "control" },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
