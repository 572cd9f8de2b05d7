import path from "node:path";
import type { Context } from "../context.ts";
import { runForeground } from "../run-foreground.ts";

export const run = async (context: Context): Promise<number> => {
  const { io, options } = context;
  const host = options.text("host");
  const port = options.number("port");
  const metricsPort = options.number("metrics-port");
  return runForeground(context, {
    what: "the relay",
    main: path.join(io.root, "services", "relay", "src", "main.ts"),
    env: {
      ...(host === undefined ? {} : { CMDOP_RELAY_HOST: host }),
      ...(port === undefined ? {} : { CMDOP_RELAY_PORT: String(port) }),
      ...(metricsPort === undefined ? {} : { CMDOP_RELAY_METRICS_PORT: String(metricsPort) }),
    },
  });
};
