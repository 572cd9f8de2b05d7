// Generates the protocol's code into a temporary directory and compares it with what is committed.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const committed = "packages/protocol/src/generated";

const readTree = (root: string): Map<string, string> =>
  new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(root, file), readFileSync(file, "utf8")]),
  );

const scratch = mkdtempSync(path.join(tmpdir(), "cmdop-generated-"));
try {
  for (const file of ["buf.yaml", "buf.gen.yaml", "proto"]) {
    cpSync(file, path.join(scratch, file), { recursive: true });
  }
  execFileSync("buf", ["generate"], { cwd: scratch, stdio: ["ignore", "inherit", "inherit"] });
  const fresh = readTree(path.join(scratch, committed));
  const current = readTree(committed);
  const stale = [...new Set([...fresh.keys(), ...current.keys()])].filter(
    (file) => fresh.get(file) !== current.get(file),
  );
  if (stale.length > 0) {
    console.error(`Stale in ${committed}: ${stale.join(", ")}\nRun: npm run generate`);
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
