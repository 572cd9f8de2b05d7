// The processes of one machine's stack: what each runs, and how it shows that it is ready.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { readAgentStatus } from "../../apps/cli/src/agent-client.ts";
import { dialOf, type PortSetting, type Settings } from "./settings.ts";

export const partNames = ["control", "relay", "router", "agent"] as const;
export type PartName = (typeof partNames)[number];

export interface Part {
  /** As a person reads it. */
  readonly title: string;
  /** From the clone's root; also how a process of it is recognised. */
  readonly main: string;
  readonly nodeFlags: readonly string[];
  isReady(settings: Settings): Promise<boolean>;
  /** What to say when it is. */
  readyLine(settings: Settings): string;
}

const answersOk = (
  get: typeof http.get,
  options: https.RequestOptions & http.RequestOptions,
): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ ...options, path: "/readyz", timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });

const addressOf = ({ host, port }: PortSetting): string => `${host}:${port}`;

export const parts: Readonly<Record<PartName, Part>> = {
  control: {
    title: "control plane",
    main: "services/control/src/main.ts",
    // 30 to 60 MiB less at rest.
    nodeFlags: ["--max-semi-space-size=4"],
    isReady: ({ home }) =>
      answersOk(http.get, { socketPath: path.join(home, "control", "control.sock"), host: "localhost" }),
    readyLine: ({ ports }) => `control plane  ready on ${addressOf(ports.control)}`,
  },
  relay: {
    title: "relay",
    main: "services/relay/src/main.ts",
    // Many idle connections and large buffers: a young generation of 4 MiB takes less memory and time (decisions).
    nodeFlags: ["--max-semi-space-size=4"],
    isReady: ({ home, ports }) =>
      answersOk(https.get, {
        ...dialOf(ports.relay),
        ca: readFileSync(path.join(home, "relay", "tls", "ca.crt")),
        servername: "localhost",
      }),
    readyLine: ({ ports }) => `relay          ready on ${addressOf(ports.relay)} (TLS)`,
  },
  router: {
    title: "model router",
    main: "services/router/src/main.ts",
    nodeFlags: [],
    isReady: ({ ports }) => answersOk(http.get, dialOf(ports.router)),
    readyLine: ({ ports }) => `model router   ready on http://${addressOf(ports.router)}/v1`,
  },
  agent: {
    title: "agent",
    main: "apps/agent/src/main.ts",
    nodeFlags: [],
    isReady: async ({ home }) => (await readAgentStatus(home))?.link.state === "linked",
    readyLine: ({ machineName }) => `agent          linked as "${machineName}"`,
  },
};
