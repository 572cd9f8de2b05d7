// Ends the session host of this home, and every session in it, where no daemon runs that would (`cmdop down --all`).
// Exit codes: 0 ended, 3 none runs here, 1 it does not end.
import { resolve } from "node:path";
import { toFailure } from "@cmdop/base";
import { connectHost } from "./host/host-client.ts";
import { hostSocketPath } from "./host/socket-path.ts";

const home = resolve(process.env.CMDOP_HOME ?? ".cmdop");
const runtimeDir = process.env.XDG_RUNTIME_DIR;
const control = await connectHost(hostSocketPath({ home, runtimeDir, uid: process.getuid?.() ?? 0 })).catch(
  () => process.exit(3),
);
try {
  await control.stop();
} catch (cause) {
  const failure = toFailure(cause);
  console.error(`${failure.message}\n${failure.row.remedy}`);
  process.exitCode = 1;
}
