// Starts one control plane from the environment. What is imported here is little: the rest is loaded while the embedded
// engine opens in its own thread.
import process from "node:process";
import { runService } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { sealingKeysVariable } from "./control-paths.ts";
import { beginStorage } from "./wiring/begin-storage.ts";

await runService({
  name: "control",
  process,
  parseConfig,
  open: async (config, log) => {
    const databaseUrl = process.env.CMDOP_DATABASE_URL;
    const engine = await beginStorage({ dir: config.dir, databaseUrl });
    const { openControl } = await import("./server.ts");
    const control = await openControl({
      config,
      log,
      tzData: process.versions.tz ?? "",
      databaseUrl,
      engine,
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
