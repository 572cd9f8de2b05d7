import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { TemporaryPostgres } from "./packages/testkit/src/temporary-postgres.ts";

/** What holds programs, terminals or an engine that is killed has a process to itself. */
const alone = [
  "apps/agent/src/daemon/{agent-daemon,drain,home-pump,host-keeper,link,local-socket}.test.ts",
  "apps/agent/src/daemon/testing/*.test.ts",
  "apps/agent/src/host/{execution,full-disk,home,host-process,session-host,session-input}.test.ts",
  "apps/agent/src/host/terminal-execution.test.ts",
  "apps/agent/src/screen/{screens,snapshot,worker-screen}.test.ts",
  "services/control/src/adapters/postgres/embedded/**/*.test.ts",
  "services/control/src/fuzz*.test.ts",
  "services/control/src/scheduler/crash.test.ts",
];

/** Of those across processes, what holds a terminal or a browser. */
const systemAlone = ["tests/cli/attach.test.ts", "tests/pages/*.test.ts", "tests/sdk/browser.test.ts"];

/** All else closes what it opens, and shares a process with what ran before: loading the code costs more than most tests. */
const together = [
  "packages/**/*.test.ts",
  "services/**/*.test.ts",
  "apps/**/*.test.ts",
  "scripts/**/*.test.ts",
  "bench/*.test.ts",
];

/**
 * What the control plane can be asked, once more on PostgreSQL, where that is installed: on the embedded engine, with
 * its one connection, transactions are never beside one another. Those that choose their engine themselves are not here.
 */
const onPostgres = [
  "services/control/src/operations/**/*.test.ts",
  "services/control/src/{internal,models,server,sessions}.test.ts",
  "services/control/src/store/identity/*.test.ts",
];
const chooseThemselves = ["services/control/src/operations/members/members.test.ts"];

/**
 * The longest, the longest first: none of them is left alone at the end. What computes stands beside what waits.
 * Those that share a process come last: it is shared with the next in the row alone.
 */
const long = [
  "embedded/crash.test.ts",
  "tests/faults/stopped.test.ts",
  "src/fuzz.test.ts",
  "tests/faults/faults.test.ts",
  "tests/faults/control-outage.test.ts",
  "tests/start/supervisor.test.ts",
  "src/fuzz-embedded.test.ts",
  "tests/faults/",
  "embedded/power-cut.test.ts",
  "tests/cli/attach.test.ts",
  "tests/pages/",
  "tests/sdk/browser.test.ts",
  "tests/",
  "apps/agent/",
  "embedded/",
  "scheduler/crash.test.ts",
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
    // Node runs the TypeScript as it stands, here as in the product.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    globalSetup: "services/control/src/testing/prepare-database.ts",
    // What tests start compiles its code once.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/compile` },
    // For two cores: while one of three waits, two compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    projects: [
      { extends: true, test: { name: "alone", include: alone } },
      {
        extends: true,
        test: {
          name: "together",
          include: together,
          exclude: [...alone, ...configDefaults.exclude],
          isolate: false,
          // Of one file, those that are said to be concurrent: what they wait for is a provider's silence.
          maxConcurrency: 10,
        },
      },
      ...(TemporaryPostgres.isInstalled()
        ? [
            {
              extends: true as const,
              test: {
                name: "postgres",
                include: onPostgres,
                exclude: [...chooseThemselves, ...configDefaults.exclude],
                isolate: false,
                env: { CMDOP_TEST_ENGINE: "postgres" },
              },
            },
          ]
        : []),
      {
        extends: true,
        test: {
          name: "system",
          include: ["tests/**/*.test.ts"],
          exclude: [...systemAlone, ...configDefaults.exclude],
          isolate: false,
          testTimeout: 180_000,
        },
      },
      { extends: true, test: { name: "system alone", include: systemAlone, testTimeout: 180_000 } },
    ],
  },
});
