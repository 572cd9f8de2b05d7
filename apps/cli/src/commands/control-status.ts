import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { askLocalControl, certificatePin } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { localControlError } from "../local-control.ts";

export const run = async ({ control, home, print, settings, signal }: Context): Promise<number> => {
  const dir = path.join(home, "control");
  const socket = path.join(dir, "control.sock");
  let status: Record<string, unknown>;
  if (existsSync(dir)) {
    const answer = await askLocalControl(socket, "GET", "/local/v1/status").catch((cause: unknown) => {
      throw localControlError(cause, socket);
    });
    const caPin = certificatePin(await readFile(path.join(dir, "tls", "ca.crt"), "utf8"));
    status = { ready: true, ...answer, caPin };
  } else {
    // Anybody may ask it; a control plane that starts or drains answers with `unavailable`.
    await (await control()).GET("/v1/sign-in", { signal });
    status = { ready: true, url: settings().control };
  }
  if (print.isJson) {
    await print.json(status);
    return exitCodes.done;
  }
  for (const [label, key] of rows) {
    const value = status[key];
    if (value === undefined) continue;
    await print.line(
      `${label.padEnd(9)} ${key === "ready" ? "yes" : key === "databaseBytes" ? toSizeText(Number(value)) : String(value)}`,
    );
  }
  return exitCodes.done;
};

const rows = [
  ["ready", "ready"],
  ["address", "url"],
  ["engine", "engine"],
  ["version", "engineVersion"],
  ["size", "databaseBytes"],
  ["CA pin", "caPin"],
] as const;

const toSizeText = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
