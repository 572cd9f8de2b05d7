// Starts one control plane from the environment. What is imported here is little: the rest is loaded while the embedded
// engine opens in its own thread, which is a third of a start.
import process from "node:process";
import { runService } from "@cmdop/service";
import { EmbeddedEngine } from "./adapters/postgres/embedded/embedded-engine.ts";
import { parseConfig } from "./config.ts";
import { controlPaths, sealingKeysVariable } from "./control-paths.ts";

await runService({
  name: "control",
  process,
  parseConfig,
  open: async (config, log) => {
    const databaseUrl = process.env.CMDOP_DATABASE_URL;
    const engine = databaseUrl ? undefined : await EmbeddedEngine.begin(controlPaths(config.dir).dataDir);
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
