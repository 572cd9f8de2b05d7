#!/usr/bin/env node
// Runs the CLI on the Node that the repository brings (24), whatever Node runs this file (18 and up).
// Plain JavaScript on purpose: an old Node must be able to read it.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const main = join(root, "apps", "cli", "src", "main.ts");
const ownNode = join(root, "node_modules", ".bin", "node");
const needsMajor = 24;
const major = Number(process.versions.node.split(".")[0]);

const stop = (what, why, next) => {
  process.stderr.write(`cmdop: ${what}\n  ${why}\n  ${next}\n`);
  process.exit(125);
};

const isInstalled = () => existsSync(join(root, "node_modules", "@cmdop", "sdk"));

// The first command in a fresh clone. What is said goes to standard error: the output is the command's.
if (!isInstalled()) {
  spawnSync(process.execPath, [join(root, "scripts", "bootstrap.mjs"), "setup"], { stdio: ["ignore", 2, 2] });
}
if (!isInstalled()) {
  stop("cannot start", `What it needs is not installed in ${root}.`, `Type: cd ${root} && npm run setup`);
} else if (major >= needsMajor) {
  // Sources are compiled once and then read from the cache: half of the start-up time.
  try {
    nodeModule.enableCompileCache?.(join(root, "node_modules", ".cache", "cmdop"));
  } catch {
    // A read-only clone starts a little slower.
  }
  await import(main);
} else if (!existsSync(ownNode)) {
  stop(
    "cannot start",
    `It needs Node ${needsMajor}; this is ${process.versions.node}, and the clone has no copy of its own.`,
    `Type: cd ${root} && npm ci --ignore-scripts --include=optional`,
  );
} else {
  const child = spawn(ownNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  // The terminal sends ^C to both; the child alone decides. What is sent to this process alone is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGQUIT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    stop(
      "cannot start",
      `${ownNode}: ${error.message}`,
      `Type: cd ${root} && npm ci --ignore-scripts --include=optional`,
    );
  });
  child.on("exit", (code, signal) => {
    process.exit(signal === null ? (code ?? 125) : 128 + (constants.signals[signal] ?? 0));
  });
}
