// Makes a fresh clone ready and runs a target on Node 24. Plain JavaScript for Node 18 and up: it runs before
// anything is installed. Usage: node scripts/bootstrap.mjs <target> [arguments]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const bin = path.join(root, "node_modules", ".bin");
const nodeMajor = 24;

const targets = {
  /** Installs what is missing, and no more. */
  setup: [],
  start: ["scripts/start.ts"],
  test: ["scripts/test.ts"],
  check: ["scripts/check.ts"],
  "bench:live": ["bench/live/main.ts"],
  "bench:router": ["bench/router/main.ts"],
  "bench:control": ["bench/control/main.ts"],
};

const say = (text) => process.stderr.write(`${text}\n`);

const fail = (...lines) => {
  for (const line of lines) say(line);
  process.exit(1);
};

/** Dependencies are current when they were installed from this lock file for this platform. */
const installStamp = () => {
  const lock = readFileSync(path.join(root, "package-lock.json"));
  return createHash("sha256").update(lock).update(`${process.platform} ${process.arch}`).digest("hex");
};

const installDependencies = () => {
  const stampFile = path.join(root, "node_modules", ".cmdop-install");
  const stamp = installStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  say("Installing dependencies (npm ci; the first time it fetches about 300 MB) …");
  // No install scripts run: Node 24 itself comes as a platform package.
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error)
    fail(`npm could not be run: ${npm.error.message}`, "Install npm 9 or newer, then try again.");
  if (npm.status !== 0) {
    fail(
      "npm ci failed; its message stands above.",
      "Check the network and the npm registry setting, then try again.",
    );
  }
  writeFileSync(stampFile, stamp);
};

/** The Node that runs the target: the pinned one, else the machine's own when that is new enough. */
const findNode = () => {
  const pinned = path.join(bin, process.platform === "win32" ? "node.cmd" : "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= nodeMajor) return process.execPath;
  return fail(
    `Node ${nodeMajor} is needed, and there is no package of it for ${process.platform} ${process.arch}.`,
    `This is Node ${process.versions.node}. Install Node ${nodeMajor} or newer, then try again.`,
  );
};

const main = () => {
  const [name, ...rest] = process.argv.slice(2);
  const target = targets[name];
  if (!target) fail(`Unknown target "${name ?? ""}".`, `Targets: ${Object.keys(targets).join(", ")}`);
  installDependencies();
  if (target.length === 0) return;
  const child = spawn(findNode(), ["--disable-warning=ExperimentalWarning", ...target, ...rest], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}` },
  });
  // ^C reaches the target by the terminal itself; here it is only waited for. SIGTERM is passed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`Node could not be started: ${error.message}`));
  child.on("exit", (code, signal) =>
    process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1)),
  );
};

main();
