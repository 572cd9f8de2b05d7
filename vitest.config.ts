import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const unit = ["packages/**/*.test.ts", "services/**/*.test.ts", "apps/**/*.test.ts", "scripts/**/*.test.ts"];
const operations = "services/control/src/operations/**/*.test.ts";

/** The longest, the longest first: none of them is left alone at the end. */
const long = [
  "embedded/crash.test.ts",
  "src/fuzz.test.ts",
  "tests/start/supervisor.test.ts",
  "tests/faults/",
  "src/fuzz-embedded.test.ts",
  "embedded/power-cut.test.ts",
  "tests/",
  // One after the other, so that they share what they load.
  "control/src/operations/",
  "daemon/agent-daemon.test.ts",
  "commands/control.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((part) => moduleId.includes(part));
      return at === -1 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    pool: "forks",
    globalSetup: "services/control/src/testing/prepare-database.ts",
    // What tests start compiles its code once.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/compile` },
    // Two cores: more workers only make timing worse. What waits for processes and what computes share them.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: unit, exclude: [operations, ...configDefaults.exclude] },
      },
      // Each opens a control plane of its own and keeps nothing beside it; loading the code costs more than most tests.
      { extends: true, test: { name: "operations", include: [operations], isolate: false } },
      {
        extends: true,
        test: {
          name: "system",
          include: ["tests/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
