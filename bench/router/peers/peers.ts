// Other gateways, pinned, installed on demand into a cache beside node_modules: they are no dependency of this project.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

interface Prepare {
  readonly port: number;
  readonly upstreamPort: number;
  /** For its settings. */
  readonly directory: string;
}

interface Ready {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly model: string;
  /** What its callers send. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** Streams that it is asked for at a time, where a thousand would take it minutes. */
  readonly crowd?: number;
  /** Why it could not be installed; undefined: it is there. */
  install(say: (text: string) => void): string | undefined;
  prepare(options: Prepare): Ready;
}

const cache = path.resolve("node_modules", ".cache", "bench-router");
const installMs = 1_800_000;

const run = (command: string, args: readonly string[]): string | undefined => {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: installMs });
  if (error) return "code" in error && error.code === "ENOENT" ? `there is no ${command}` : error.message;
  return status === 0 ? undefined : (stderr.trim().split("\n").at(-1) ?? `${command} failed`);
};

const portkeyPlace = path.join(cache, "portkey");
const portkeyServer = path.join(portkeyPlace, "node_modules/@portkey-ai/gateway/build/start-server.js");

/** The gateway of npm; its caller says the provider and its address with each request. */
const portkey: Peer = {
  name: "Portkey",
  version: "@portkey-ai/gateway 1.15.2",
  install: (say) => {
    if (existsSync(portkeyServer)) return undefined;
    say("Installing @portkey-ai/gateway 1.15.2 into node_modules/.cache …");
    mkdirSync(portkeyPlace, { recursive: true });
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
    return run("npm", ["install", "--prefix", portkeyPlace, ...flags, "@portkey-ai/gateway@1.15.2"]);
  },
  prepare: ({ port, upstreamPort }) => ({
    command: [process.execPath, portkeyServer, `--port=${port}`, "--headless"],
    env: { NODE_ENV: "production" },
    model: "bench",
    headers: {
      authorization: "Bearer sk-bench",
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${upstreamPort}/v1`,
    },
  }),
};

const litellmPlace = path.join(cache, "litellm");
const litellmProgram = path.join(litellmPlace, "bin/litellm");

const pythonCheck =
  "import sys, venv, ensurepip; assert (3, 10) <= sys.version_info < (3, 14), f'this is {sys.version}'";

/** The newest version whose every part the package index had; the parts are pinned too. */
const litellm: Peer = {
  name: "LiteLLM",
  version: "litellm[proxy] 1.80.0",
  // A chunk takes it 2 to 3 ms of a core.
  crowd: 100,
  install: (say) => {
    if (existsSync(litellmProgram)) return undefined;
    const python = run("python3", ["-c", pythonCheck]);
    if (python !== undefined) return `it needs Python 3.10 to 3.13 with venv and pip: ${python}`;
    say("Installing litellm[proxy] 1.80.0 into node_modules/.cache; it takes minutes …");
    mkdirSync(cache, { recursive: true });
    return (
      run("python3", ["-m", "venv", litellmPlace]) ??
      run(path.join(litellmPlace, "bin/pip"), [
        ...["install", "--quiet", "--only-binary", ":all:"],
        ...["--constraint", path.join(import.meta.dirname, "litellm-constraints.txt")],
        "litellm[proxy]==1.80.0",
      ])
    );
  },
  prepare: ({ port, upstreamPort, directory }) => {
    const settings = path.join(directory, "litellm.yaml");
    writeFileSync(
      settings,
      JSON.stringify({
        model_list: [
          {
            model_name: "bench",
            litellm_params: {
              model: "openai/bench",
              api_base: `http://127.0.0.1:${upstreamPort}/v1`,
              api_key: "sk-bench",
            },
          },
        ],
        litellm_settings: { telemetry: false },
        general_settings: { master_key: "sk-bench-caller" },
      }),
    );
    return {
      command: [litellmProgram, "--config", settings, "--host", "127.0.0.1", "--port", String(port)],
      env: { LITELLM_LOCAL_MODEL_COST_MAP: "True", LITELLM_LOG: "ERROR", NO_PROXY: "127.0.0.1" },
      model: "bench",
      headers: { authorization: "Bearer sk-bench-caller" },
    };
  },
};

export const peers: readonly Peer[] = [portkey, litellm];
