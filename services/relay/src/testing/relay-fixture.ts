// A relay as it runs, with its home in a temporary directory, and the parties that tests need on it.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  createPrivateKey25519,
  type GrantActor,
  type GrantRole,
  initRelayHome,
  machineFingerprint,
  mintMachineToken,
  mintOperatorToken,
  mintSessionToken,
  type RelayHome,
  rawPublicKey,
} from "@cmdop/authority";
import { type Clock, newMachineId, Scope, systemClock } from "@cmdop/base";
import { type Channel, type ChannelTls, openChannel } from "@cmdop/protocol/grpc";
import { createServiceLog } from "@cmdop/service";
import { FakeAgent, type FakeAgentOptions } from "@cmdop/testkit";
import type { RelayConfig } from "../config.ts";
import { parseConfig } from "../config.ts";
import { openRelay, type Relay, type RelayOptions } from "../server.ts";

export interface RelayFixtureOptions extends Omit<Partial<RelayOptions>, "config" | "log"> {
  readonly config?: Partial<RelayConfig>;
  /** Called when the relay's home is made, before the relay starts. */
  readonly prepare?: (dir: string) => Promise<void>;
}

export interface OperatorWish {
  readonly operator?: string;
  readonly role?: GrantRole;
  readonly actor?: GrantActor;
  readonly machines?: "*" | readonly string[];
  readonly fleet?: string;
  readonly limitMs?: number;
  readonly validMs?: number;
}

export class RelayFixture {
  readonly home: RelayHome;
  readonly relay: Relay;
  readonly clock: Clock;
  /** Lines of the log, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  readonly ca: string;
  readonly #scope: Scope;

  private constructor(parts: {
    home: RelayHome;
    relay: Relay;
    clock: Clock;
    lines: readonly Record<string, unknown>[];
    ca: string;
    scope: Scope;
  }) {
    this.home = parts.home;
    this.relay = parts.relay;
    this.clock = parts.clock;
    this.lines = parts.lines;
    this.ca = parts.ca;
    this.#scope = parts.scope;
  }

  static async open(options: RelayFixtureOptions = {}): Promise<RelayFixture> {
    const scope = new Scope();
    const dir = await mkdtemp(join(tmpdir(), "cmdop-relay-"));
    scope.add(() => rm(dir, { recursive: true, force: true }));
    const home = await initRelayHome(dir);
    await options.prepare?.(dir);
    const parsed = parseConfig({}, dir);
    if (parsed.kind !== "config") throw new Error(parsed.problems.join("\n"));
    const lines: Record<string, unknown>[] = [];
    const log = createServiceLog("relay", "debug", {
      write: (line: string) => void lines.push(JSON.parse(line)),
    });
    const relay = await openRelay({
      ...options,
      config: { ...parsed.config, dir, port: 0, metricsPort: 0, ...options.config },
      log,
    });
    scope.add(() => relay.close());
    const ca = await readFile(home.paths.authorityCertificate, "utf8");
    return new RelayFixture({ home, relay, clock: options.clock ?? systemClock, lines, ca, scope });
  }

  /** The relay's home. */
  get dir(): string {
    return dirname(this.home.paths.keySet);
  }

  get address(): { host: string; port: number } {
    return { host: "127.0.0.1", port: this.relay.port };
  }

  get tls(): ChannelTls {
    return { ca: this.ca, servername: "localhost" };
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  add(close: () => void | Promise<void>): void {
    this.#scope.add(close);
  }

  async channel(): Promise<Channel> {
    const channel = await openChannel({ address: this.address, tls: this.tls });
    this.add(() => channel.close());
    return channel;
  }

  get #mint() {
    return { signer: this.home.signer, clock: this.clock };
  }

  async machine(wish: { name?: string; fleet?: string; machineId?: string; validMs?: number } = {}) {
    const key = createPrivateKey25519();
    const machineId = wish.machineId ?? newMachineId();
    const minted = await mintMachineToken(this.#mint, {
      machineId,
      machineName: wish.name ?? "build-1",
      keyFingerprint: machineFingerprint(rawPublicKey(key)),
      ...(wish.fleet === undefined ? {} : { fleet: wish.fleet }),
      validMs: wish.validMs ?? 3_600_000,
    });
    return { key, machineId, token: minted.token, tokenId: minted.id };
  }

  /** Links a fake agent; a machine of its own unless one is given. */
  async agent(
    options: Partial<FakeAgentOptions> & { name?: string; fleet?: string } = {},
  ): Promise<FakeAgent> {
    const machine =
      options.token !== undefined && options.key !== undefined
        ? { token: options.token, key: options.key }
        : await this.machine(options);
    const agent = await FakeAgent.link({ address: this.address, tls: this.tls, ...machine, ...options });
    this.add(() => agent.close());
    return agent;
  }

  operatorToken(wish: OperatorWish = {}) {
    return mintOperatorToken(this.#mint, {
      operator: "alice",
      role: "operator",
      actor: "human",
      validMs: 3_600_000,
      ...wish,
    });
  }

  /** A ticket as another signer of the key set may make it. */
  ticket(sessionId: string, wish: OperatorWish & { parentId?: string } = {}) {
    return mintSessionToken(this.#mint, {
      operator: "alice",
      role: "operator",
      actor: "human",
      validMs: 600_000,
      sessionId,
      ...wish,
    });
  }
}
