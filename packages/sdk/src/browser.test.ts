import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Everything that `entry` imports at run time, by the text of its import statements. */
const imported = (entry: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const source = readFileSync(entry, "utf8");
  for (const [, clause = "", name = ""] of source.matchAll(
    /^(?:import|export)\s([^;]*?)from\s+"([^"]+)";/gms,
  )) {
    if (clause.startsWith("type ")) continue;
    const resolved = name.startsWith("node:")
      ? undefined
      : fileURLToPath(import.meta.resolve(name, `file://${entry}`));
    if (resolved && existsSync(resolved) && !resolved.includes("/node_modules/@bufbuild/"))
      imported(resolved, seen);
    else seen.add(name);
  }
  return seen;
};

describe("the browser entry", () => {
  it("imports no node module and no gRPC", () => {
    const files = [...imported(fileURLToPath(new URL("./browser.ts", import.meta.url)))];
    expect(files.filter((file) => file.startsWith("node:") || /\/grpc/.test(file))).toEqual([]);
    expect(files.some((file) => file.endsWith("attachment-core.ts"))).toBe(true);
    expect(files.some((file) => file.includes("/protocol/src/codec/"))).toBe(true);
  });
});
