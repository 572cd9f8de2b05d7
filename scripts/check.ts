// npm run check: everything that can be said about the code without running it.
import { runSteps, type Step } from "./check/steps.ts";

const steps: Step[] = [
  { name: "format and lint", command: ["biome", "ci", "--error-on-warnings", "."] },
  {
    // One thread: several look at much of the same anew, at twice the processor time, which the tests beside them lack.
    name: "types",
    command: ["node", "node_modules/@typescript/native/bin/tsc", "--project", ".", "--singleThreaded"],
  },
  {
    name: "dependency rules",
    command: ["depcruise", "packages", "services", "apps", "scripts", "tests", "bench"],
  },
  { name: "unused code", command: ["knip", "--no-progress"] },
  { name: "wire contract: lint", command: ["buf", "lint"] },
  {
    name: "wire contract: compatible with the published one",
    command: ["buf", "breaking", "--against", "proto/published.binpb"],
  },
  { name: "generated code is current", command: ["node", "scripts/check/generated-code.ts"] },
  {
    name: "the control plane's API document and its types are current",
    command: ["node", "packages/sdk/scripts/generate-control-api.ts", "--check"],
  },
  { name: "generated pages are current", command: ["node", "scripts/generate-docs.ts", "--check"] },
  {
    name: "the API breaks nobody who uses it",
    command: ["node", "scripts/check/api-compatibility.ts"],
  },
  { name: "links, paths and commands in documents", command: ["node", "scripts/check/documents.ts"] },
];

process.exitCode = (await runSteps(steps)) ? 0 : 1;
