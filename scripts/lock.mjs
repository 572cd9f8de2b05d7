// npm run lock: makes package-lock.json anew from the package.json files.
//
// Three things npm does not do by itself. Beside a node_modules it takes over what stands there, without the hashes
// that it does not know: the lock is made in an empty directory. It leaves out platform packages that its registry
// does not have at the time (mirrors lag behind), and then `npm ci` refuses the lock on every platform: they are added
// without integrity. And download addresses do not belong into the lock: only names, versions and hashes do.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const lockFile = "package-lock.json";
const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = ["arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

/** The platform that a package's name tells: "@biomejs/cli-linux-x64-musl". */
const platformOf = (name) => {
  const words = name.replace("aarch64", "arm64").replace("armv7", "arm").split(/[/-]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  return {
    ...(os && { os: [os] }),
    ...(cpu && { cpu: [cpu] }),
    ...(os === "linux" && words.some((word) => word.startsWith("musl")) && { libc: ["musl"] }),
  };
};

const directory = mkdtempSync(path.join(tmpdir(), "cmdop-lock-"));
const manifests = spawnSync("git", ["ls-files", ".npmrc", "package.json", "*/package.json"]);
for (const file of manifests.stdout.toString().trim().split("\n")) cpSync(file, path.join(directory, file));
const npm = spawnSync("npm", ["install", "--package-lock-only", "--omit-lockfile-registry-resolved=false"], {
  cwd: directory,
  stdio: "inherit",
});
const made = npm.status === 0 && readFileSync(path.join(directory, lockFile), "utf8");
rmSync(directory, { recursive: true });
if (!made) process.exit(npm.status ?? 1);

const lock = JSON.parse(made);
for (const entry of Object.values(lock.packages)) {
  if (/^https?:/.test(entry.resolved ?? "")) delete entry.resolved;
}
for (const owner of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`]) continue;
    const dev = owner.dev === true;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(dev && { dev }),
      optional: true,
      ...platformOf(name),
    };
    console.log(`added without integrity: ${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(lockFile, `${JSON.stringify(lock, undefined, 2)}\n`);
