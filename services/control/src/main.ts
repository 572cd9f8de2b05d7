// Starts one control plane from the environment.
import process from "node:process";
import { runService } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { openControl } from "./server.ts";

await runService({
  name: "control",
  process,
  parseConfig,
  open: async (config, log) => {
    const control = await openControl({
      config,
      log,
      tzData: process.versions.tz ?? "",
      databaseUrl: process.env.CMDOP_DATABASE_URL,
    });
    // Beside the log, which holds no secret: it is good once, for a day.
    if (control.setupUrl !== undefined) {
      process.stderr.write(`cmdop has no owner yet. Make one here, within 24 hours: ${control.setupUrl}\n`);
    }
    return control;
  },
});
