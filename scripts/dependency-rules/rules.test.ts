import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";
import { afterAll, describe, expect, it } from "vitest";
import configuration from "../../.dependency-cruiser.mjs";
import { fixtures } from "./fixtures.ts";

const trees = mkdtempSync(path.join(tmpdir(), "cmdop-dependency-rules-"));
afterAll(() => rmSync(trees, { recursive: true, force: true }));

/** The names of the rules that a tree of sources breaks. */
const brokenRules = async (name: string, sources: Readonly<Record<string, string>>): Promise<string[]> => {
  const root = path.join(trees, name);
  for (const [file, source] of Object.entries(sources)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), source);
  }
  const { output } = await cruise(Object.keys(sources), {
    baseDir: root,
    ruleSet: { forbidden: configuration.forbidden as IForbiddenRuleType[] },
    validate: true,
    tsPreCompilationDeps: true,
    exclude: { path: "^$" },
  });
  const violations = (output as ICruiseResult).summary.violations;
  return [...new Set(violations.map((violation) => violation.rule.name))];
};

describe("dependency rules", () => {
  it("have a fixture each", () => {
    expect(Object.keys(fixtures).sort()).toEqual(configuration.forbidden.map((rule) => rule.name).sort());
  });

  it.each(Object.entries(fixtures))("%s catches its fixture", async (name, sources) => {
    expect(await brokenRules(name, sources)).toContain(name);
  });

  it("let a tree pass that keeps them", async () => {
    const sources = {
      "services/relay/src/core/session.ts":
        'import type { Port } from "../ports.ts";\nexport type S = Port;\n',
      "services/relay/src/ports.ts": "export type Port = number;\n",
      "services/relay/src/server.ts":
        'import { grpc } from "./adapters/grpc/grpc.ts";\nexport const s = grpc;\n',
      "services/relay/src/adapters/grpc/grpc.ts": "export const grpc = 1;\n",
    };
    expect(await brokenRules("clean", sources)).toEqual([]);
  });
});
