import { defineConfig } from "vitest/config";

const unit = ["packages/**/*.test.ts", "services/**/*.test.ts", "apps/**/*.test.ts", "scripts/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    globalSetup: "services/control/src/testing/prepare-database.ts",
    // What tests start compiles its code once.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/compile` },
    // Two cores: more workers only make timing worse.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    projects: [
      { extends: true, test: { name: "unit", include: unit } },
      {
        extends: true,
        test: {
          name: "system",
          include: ["tests/**/*.test.ts"],
          // Each starts real processes; one file at a time keeps them from starving each other.
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
