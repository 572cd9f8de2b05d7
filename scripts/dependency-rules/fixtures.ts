/** For each dependency rule, the smallest tree that breaks it: path → source. */
export const fixtures: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "no-cycles": {
    "packages/a/src/one.ts": 'import type { Two } from "./two.ts";\nexport type One = { two: Two };\n',
    "packages/a/src/two.ts": 'import type { One } from "./one.ts";\nexport type Two = { one: One };\n',
  },
  resolvable: {
    "packages/a/src/one.ts": 'import { gone } from "./gone.ts";\nexport const one = gone;\n',
  },
  "base-imports-nothing": {
    "packages/base/src/clock.ts":
      'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n',
  },
  "packages-are-libraries": {
    "packages/sdk/src/client.ts":
      'import { relay } from "../../../services/relay/src/relay.ts";\nexport const x = relay;\n',
    "services/relay/src/relay.ts": "export const relay = 1;\n",
  },
  "services-stand-alone": {
    "services/relay/src/relay.ts":
      'import { control } from "../../control/src/control.ts";\nexport const x = control;\n',
    "services/control/src/control.ts": "export const control = 1;\n",
  },
  "apps-stand-alone": {
    "apps/cli/src/up.ts": 'import { daemon } from "../../agent/src/daemon.ts";\nexport const x = daemon;\n',
    "apps/agent/src/daemon.ts": "export const daemon = 1;\n",
  },
  "siblings-do-not-know-each-other": {
    "services/relay/src/adapters/grpc/server.ts":
      'import { socket } from "../websocket/socket.ts";\nexport const x = socket;\n',
    "services/relay/src/adapters/websocket/socket.ts": "export const socket = 1;\n",
  },
  "core-is-pure": {
    "services/relay/src/core/session.ts":
      'import { config } from "../config.ts";\nexport const x = config;\n',
    "services/relay/src/config.ts": "export const config = 1;\n",
  },
  "core-knows-no-node": {
    "services/relay/src/core/session.ts":
      'import { createHash } from "node:crypto";\nexport const x = createHash;\n',
  },
  "only-server-wires-adapters": {
    "services/relay/src/drain.ts":
      'import { grpc } from "./adapters/grpc/grpc.ts";\nexport const x = grpc;\n',
    "services/relay/src/adapters/grpc/grpc.ts": "export const grpc = 1;\n",
  },
  "store-knows-no-operation": {
    "services/control/src/store/keys/keys.ts":
      'import type { Answer } from "../../operation.ts";\nexport type Kept = Answer;\n',
    "services/control/src/operation.ts": "export type Answer = 1;\n",
  },
  "nobody-imports-main": {
    "services/relay/src/server.ts": 'import { run } from "./main.ts";\nexport const x = run;\n',
    "services/relay/src/main.ts": "export const run = 1;\n",
  },
  "only-main-touches-process": {
    "services/relay/src/config.ts": 'import process from "node:process";\nexport const x = process.env;\n',
  },
  "clients-go-through-the-sdk": {
    "apps/cli/src/attach.ts":
      'import { frame } from "../../../packages/protocol/src/index.ts";\nexport const x = frame;\n',
    "packages/protocol/src/index.ts": "export const frame = 1;\n",
  },
  "agent-loads-no-token-code": {
    "apps/agent/src/host/host-server.ts":
      'import { lock } from "../../../../packages/authority/src/index.ts";\nexport const x = lock;\n',
    "packages/authority/src/index.ts": "export const lock = 1;\n",
  },
  "packages-by-their-exports": {
    "apps/agent/src/daemon.ts":
      'import { clock } from "../../../packages/base/src/clock.ts";\nexport const x = clock;\n',
    "packages/base/src/clock.ts": "export const clock = 1;\n",
  },
  "nobody-imports-tests": {
    "packages/sdk/src/client.ts": 'import { fake } from "./client.test.ts";\nexport const x = fake;\n',
    "packages/sdk/src/client.test.ts": "export const fake = 1;\n",
  },
};
