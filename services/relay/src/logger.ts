import pino, { type DestinationStream, type Logger } from "pino";

/** One line of JSON each: constant `event` names, ids as fields. Never a token, an error of a peer's making, a byte of a session. */
export const createLogger = (level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service: "relay" },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
