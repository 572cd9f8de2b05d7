// One router on a free port, in front of fake providers.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createServiceLog } from "@cmdop/service";
import { FakeProvider, type ProviderFault } from "@cmdop/testkit";
import { Secret } from "../core/secret.ts";
import type { UsageEvent } from "../ports.ts";
import { openRouter, type Router, type RouterOptions } from "../server.ts";

export const routerKey = "cmdop-key-of-the-caller";

export interface FixtureOptions extends Pick<RouterOptions, "policy" | "limits" | "onBudgetAlert"> {
  /** Of the route table; `$A` and `$B` stand for the fakes' addresses, with `_ORIGIN` without their path. */
  readonly routes?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Written as the router's access to the control plane. */
  readonly control?: { readonly url: string; readonly token: string; readonly caPin: string };
  /** For everything on disk; without it, one that goes with the fixture. */
  readonly directory?: string;
  readonly tracing?: RouterOptions["config"]["tracing"];
  readonly redisUrl?: string;
  readonly connectionsPerProvider?: number;
  readonly drainMs?: number;
}

/** Two providers, `a` with two keys; `pair` asks a, then b; `lone` only a. */
const routesDefault = `
providers:
  a: { url: $A, keys: [env:KEY_A] }
  b: { url: $B, keys: [env:KEY_B] }
models:
  pair: { provider: a, as: model-a, fallbacks: [second], price: { input: 1, output: 2 } }
  second: { provider: b, as: model-b }
  lone: { provider: a, as: model-a }
tiers:
  balanced: [pair]
`;

const policyOfTests = { backoffFirstMs: 2, backoffMaxMs: 4, waitMaxMs: 300 };

/** For providers that fall silent: as long as a busy machine may need for an answer, and no longer than a test can wait. */
export const shortPatience = { firstContentMs: 1_500, wholeAnswerMs: 1_500, idleMs: 1_000 };

/** Whether somebody has to run out of patience for it. */
export const isSilence = ({ kind }: ProviderFault): boolean => kind === "stalled" || kind === "garbage";

export class RouterFixture {
  readonly a: FakeProvider;
  readonly b: FakeProvider;
  readonly router: Router;
  readonly usage: UsageEvent[];
  /** Everything that was logged. */
  readonly logged: { text: string };
  readonly routesPath: string;
  readonly #directory: string | undefined;

  private constructor(
    parts: Pick<RouterFixture, "a" | "b" | "router" | "usage" | "logged" | "routesPath">,
    directory: string | undefined,
  ) {
    this.a = parts.a;
    this.b = parts.b;
    this.router = parts.router;
    this.usage = parts.usage;
    this.logged = parts.logged;
    this.routesPath = parts.routesPath;
    this.#directory = directory;
  }

  static async open(options: FixtureOptions = {}): Promise<RouterFixture> {
    const [a, b] = await Promise.all([FakeProvider.open(), FakeProvider.open()]);
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "cmdop-router-")));
    if (options.control) {
      const { token, ...access } = options.control;
      await writeFile(join(directory, "control.json"), JSON.stringify(access));
      await writeFile(join(directory, "edge.token"), `${token}\n`, { mode: 0o600 });
    }
    const routesPath = join(directory, "router.yaml");
    await writeFile(routesPath, place(options.routes ?? routesDefault, a, b));
    const environment: Readonly<Record<string, string>> = {
      CMDOP_ROUTER_KEYS: routerKey,
      KEY_A: "sk-a-one,sk-a-two",
      KEY_B: "sk-b-one",
      ...options.environment,
    };
    const usage: UsageEvent[] = [];
    const logged = { text: "" };
    const destination = new Writable({
      write: (chunk, _encoding, done) => {
        logged.text += String(chunk);
        done();
      },
    });
    const router = await openRouter({
      config: {
        host: "127.0.0.1",
        port: 0,
        metricsPort: 0,
        routes: { path: routesPath, isRequired: true },
        control: { directory, url: undefined },
        drainMs: options.drainMs ?? 2_000,
        connectionsPerProvider: options.connectionsPerProvider ?? 64,
        logLevel: "debug",
        tracing: options.tracing,
        redisUrl: options.redisUrl === undefined ? undefined : new Secret(options.redisUrl),
      },
      log: createServiceLog("router", "debug", destination),
      readVariable: (name) => environment[name],
      usage: { record: (event) => usage.push(event) },
      policy: { ...policyOfTests, ...options.policy },
      ...(options.limits ? { limits: options.limits } : {}),
      ...(options.onBudgetAlert ? { onBudgetAlert: options.onBudgetAlert } : {}),
    });
    const kept = options.directory === undefined ? directory : undefined;
    return new RouterFixture({ a, b, router, usage, logged, routesPath }, kept);
  }

  get url(): string {
    return `http://127.0.0.1:${this.router.port}`;
  }

  /** Writes the route table anew. */
  routes(text: string): Promise<void> {
    return writeFile(this.routesPath, place(text, this.a, this.b));
  }

  get(
    path: string,
    headers: Readonly<Record<string, string>> = { "x-api-key": routerKey },
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers });
  }

  post(path: string, body: unknown, options: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...options,
      headers: { "content-type": "application/json", "x-api-key": routerKey, ...options.headers },
    });
  }

  postForm(path: string, body: FormData): Promise<Response> {
    return fetch(`${this.url}${path}`, { method: "POST", body, headers: { "x-api-key": routerKey } });
  }

  async close(): Promise<void> {
    await this.router.close();
    await Promise.all([this.a.close(), this.b.close()]);
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }
}

const place = (routes: string, a: FakeProvider, b: FakeProvider): string =>
  routes
    .replaceAll("$A_ORIGIN", a.origin)
    .replaceAll("$B_ORIGIN", b.origin)
    .replaceAll("$A", a.url)
    .replaceAll("$B", b.url);
