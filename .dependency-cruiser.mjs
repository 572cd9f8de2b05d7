// Who may import whom (ARCHITECTURE.md). Each rule has a tree in scripts/dependency-rules/fixtures.ts that breaks it.
const tests = "(\\.test\\.ts$|^tests/|^bench/|^packages/testkit/|/testing/)";

/** npm packages that are pure enough for a core. */
// croner: reads cron expressions and computes calendar dates; no clock, timer or I/O in what a core calls of it.
const pureLibraries = ["node_modules/croner/"];

const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

export default {
  forbidden: [
    rule("no-cycles", "Imports form no cycle, type-only ones included.", {}, { circular: true }),
    rule("resolvable", "Every import resolves.", {}, { couldNotResolve: true, pathNot: "^(bun|node):" }),
    rule(
      "base-imports-nothing",
      "packages/base has no dependency.",
      { path: "^packages/base/src/", pathNot: tests },
      { pathNot: "^packages/base/src/" },
    ),
    rule(
      "packages-are-libraries",
      "packages/ never imports services, apps or what stands above them.",
      { path: "^packages/" },
      { path: "^(services|apps|tests|bench|scripts)/" },
    ),
    rule(
      "services-stand-alone",
      "A service never imports another service, nor an app.",
      { path: "^services/([^/]+)/" },
      { path: "^(services|apps)/", pathNot: "^services/$1/" },
    ),
    rule(
      "apps-stand-alone",
      "An app never imports a service, nor another app.",
      { path: "^apps/([^/]+)/", pathNot: tests },
      { path: "^(services|apps)/", pathNot: "^apps/$1/" },
    ),
    rule(
      "siblings-do-not-know-each-other",
      "Adapters, providers and operations never import a sibling.",
      { path: "^(services/[^/]+/src/(?:adapters|providers|operations))/([^/]+)/", pathNot: tests },
      { path: "^$1/", pathNot: "^$1/$2/" },
    ),
    rule(
      "core-is-pure",
      "A core imports no adapter and no generated code.",
      { path: "^services/[^/]+/src/core/", pathNot: tests },
      {
        path: "(/adapters/|/generated/|^services/[^/]+/src/(server|main|config)\\.ts$|^packages/(protocol|authority|sdk)/)",
      },
    ),
    rule(
      "core-knows-no-node",
      "A core imports no node module, and of npm only the listed pure libraries.",
      { path: "^services/[^/]+/src/core/", pathNot: tests },
      {
        dependencyTypes: ["core", "npm", "npm-dev", "npm-optional"],
        pathNot: ["^packages/base/", ...pureLibraries],
      },
    ),
    rule(
      "only-server-wires-adapters",
      "Only server.ts, what it is split into (wiring/) and tests import adapters.",
      { path: "^services/", pathNot: `(${tests}|/src/server\\.ts$|/src/wiring/[^/]+\\.ts$|/src/adapters/)` },
      { path: "^services/[^/]+/src/adapters/" },
    ),
    rule(
      "store-knows-no-operation",
      "What asks the database knows the cores, ports and tools, and nothing of who asks it.",
      { path: "^services/control/src/store/", pathNot: tests },
      {
        path: "^services/control/src/",
        pathNot: "^services/control/src/(store/|core/|(ports|repeat)\\.ts$)",
      },
    ),
    rule(
      "nobody-imports-main",
      "main.ts and its siblings (*-main.ts) start a process; nobody imports them.",
      {},
      { path: "[/-]main\\.ts$" },
    ),
    rule(
      "only-main-touches-process",
      "Only main.ts and *-main.ts import node:process.",
      { path: "^(packages|services)/", pathNot: `(${tests}|[/-]main\\.ts$)` },
      { path: "^(node:)?process$" },
    ),
    rule(
      "clients-go-through-the-sdk",
      "CLI and console reach the planes through the SDK alone.",
      { path: "^apps/(cli|console)/", pathNot: tests },
      { path: "^packages/protocol/" },
    ),
    rule(
      "agent-loads-no-token-code",
      "Agent and session host are on every machine: of authority they take ./machine and ./files alone.",
      { path: "^apps/agent/src/", pathNot: tests },
      { path: "^packages/authority/src/index\\.ts$" },
    ),
    rule(
      "packages-by-their-exports",
      "A package is imported by its exports, never by a deep path.",
      { path: "^(packages|services|apps)/([^/]+)/" },
      {
        path: "^packages/[^/]+/src/",
        pathNot: [
          "^$1/$2/",
          "^packages/[^/]+/src/(index|browser)\\.ts$",
          "^packages/protocol/src/(grpc/index|host)\\.ts$",
          "^packages/authority/src/(files|machine)\\.ts$",
          "^packages/service/src/(log-destination|compiled-code)\\.ts$",
        ],
      },
    ),
    rule(
      "nobody-imports-tests",
      "Product code imports no test and no testkit.",
      { pathNot: tests },
      { path: "(\\.test\\.ts$|^packages/testkit/|^tests/)" },
    ),
  ],
  options: {
    doNotFollow: { path: ["node_modules"] },
    exclude: { path: ["/fixtures/", "/corpus/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
    skipAnalysisNotInRules: true,
  },
};
