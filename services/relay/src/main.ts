// Starts one relay from the environment.
import process from "node:process";
import { runService } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { openRelay } from "./server.ts";

await runService({
  name: "relay",
  process,
  parseConfig,
  open: (config, log) => openRelay({ config, log }),
});
