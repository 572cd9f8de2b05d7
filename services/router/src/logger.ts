import pino, { type DestinationStream, type Logger } from "pino";

/** One line of JSON each: constant `event` names, ids as fields. Never a prompt, an answer, a key, a provider's own text. */
export const createLogger = (level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service: "router" },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
