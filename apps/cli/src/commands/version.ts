import { readFileSync } from "node:fs";
import path from "node:path";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ io, print }: Context): Promise<number> => {
  const manifest: unknown = JSON.parse(readFileSync(path.join(io.root, "package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest
      ? String(manifest.version)
      : "unknown";
  const versions = {
    cmdop: version,
    node: io.platform.node,
    platform: io.platform.os,
    arch: io.platform.arch,
  };
  if (print.isJson) await print.json(versions);
  else if (print.isQuiet) await print.line(version);
  else await print.line(`cmdop ${version} (Node ${versions.node}, ${versions.platform} ${versions.arch})`);
  return exitCodes.done;
};
