// Starts one control plane from the environment.
import process from "node:process";
import { runService } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { sealingKeysVariable } from "./home.ts";
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
      sealingKeys: process.env[sealingKeysVariable],
    });
    // The address is a secret, and this may be kept: whoever has the directory asks for it.
    if (!control.isClaimed) {
      process.stderr.write(
        "cmdop has no owner yet. On this machine, as this user, type: cmdop control setup-url\n",
      );
    }
    return control;
  },
});
