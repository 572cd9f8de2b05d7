// One simulated world: a host with one session, relays that come and go, clients, and time. Every step is one random
// event; the models' oracles throw when a guarantee breaks.
import { Failure } from "@cmdop/base";
import type { LinkHandle } from "../../ports.ts";
import { createRelayCore, type RelayCore } from "../relay-core.ts";
import { ClientModel } from "./client-model.ts";
import { HostModel, type SimHome } from "./host-model.ts";
import { simCodec } from "./sim-codec.ts";
import { SimRandom } from "./sim-random.ts";

export const simLimits = {
  windowBytes: 8192,
  chunkOverheadBytes: 16,
  creditBytes: 4096,
  creditBytesMin: 256,
  creditBytesMax: 8192,
  resumeBytes: 2048,
  terminalReplayBytesMax: 16_384,
  logStepBytes: 2048,
  logRequestsMax: 2,
  fillBytesMax: 12_000,
  homeAckBytes: 256,
  aheadBytesMax: 32_768,
  attachesPerSecond: 10_000,
  attachesBurst: 10_000,
} as const;

interface Relay {
  readonly core: RelayCore;
  link: LinkHandle | undefined;
  isAlive: boolean;
}

const sessionId = "ses_0000000000000000000000";

const facts = {
  hostname: "h",
  platform: "linux",
  arch: "x64",
  osVersion: "",
  agentVersion: "",
  username: "",
  isRoot: false,
  shell: "",
  cpus: 1,
  cpuModel: "",
  memoryBytes: 0,
  uptimeS: 0,
  homeDir: "",
};

export class World {
  readonly random: SimRandom;
  readonly host: HostModel;
  readonly clients: ClientModel[] = [];
  nowMs = 1000;
  #relay: Relay;
  /** The one that drains, while it does. */
  #older: Relay | undefined;
  readonly #homeRelays = new Map<SimHome, Relay>();
  #lastClient = 0;
  #isCalm = false;

  constructor(seed: number) {
    this.random = new SimRandom(seed);
    this.host = new HostModel(sessionId, this.random);
    this.#relay = this.#newRelay();
    this.#connectLink();
  }

  step(): void {
    const { random } = this;
    const events: readonly (readonly [number, () => void])[] = [
      [14, () => this.host.write(random.between(1, 900), false)],
      [2, () => this.host.write(random.between(1000, 6000), false)],
      [1, () => this.host.write(random.between(1, 2000), true)],
      [1, () => this.host.resize(random.between(20, 200), random.between(5, 60))],
      [14, () => this.#moveHomes(random.between(1, 12))],
      [8, () => this.host.draw(random.between(1, 3000))],
      [16, () => this.#read(random.between(1, 15))],
      [10, () => random.pick(this.clients)?.acknowledge()],
      [5, () => this.#dial()],
      [2, () => random.pick(this.clients)?.drop(random.chance(0.7))],
      [4, () => random.pick(this.clients)?.input.type(this.nowMs)],
      [1, () => this.#viewport()],
      [6, () => this.#pass(random.between(1, 400))],
      [1, () => this.#pass(random.pick([3000, 12_000, 35_000]) ?? 0)],
      [1, () => this.#loseHome()],
      [1, () => this.#loseLink()],
      [2, () => this.#connectLink()],
      [0.4, () => this.#restartRelay()],
      [0.5, () => this.#handOver()],
      [0.08, () => this.host.finish(this.nowMs)],
    ];
    const total = events.reduce((sum, [weight]) => sum + weight, 0);
    let drawn = random.fraction() * total;
    const chosen = events.find(([weight]) => {
      drawn -= weight;
      return drawn < 0;
    });
    chosen?.[1]();
    this.#assertBounds();
  }

  /** No more faults: everything must catch up and settle. */
  quiesce(): void {
    this.#isCalm = true;
    this.#older = this.#end(this.#older);
    for (let round = 0; round < 5000 && !this.#isQuiet(); round++) {
      this.#connectLink();
      for (const client of this.clients) if (!client.isDialed) this.#dialOne(client);
      this.#moveHomes(10_000);
      this.host.draw(Number.MAX_SAFE_INTEGER);
      for (const client of this.clients) {
        while (client.read(this.nowMs)) client.acknowledge();
        client.acknowledge();
      }
      this.#pass(300);
    }
    const left = this.#unquiet();
    if (left.length > 0) throw new Error(`not quiet: ${left.join("; ")}`);
    this.#assertInput();
  }

  #isQuiet(): boolean {
    return this.#unquiet().length === 0;
  }

  #unquiet(): string[] {
    const { host } = this;
    const size = host.sizeAt(host.end);
    return this.clients.flatMap((client) => {
      const wrong: string[] = [];
      if (client.cursor !== host.end) wrong.push(`${client.name} is at ${client.cursor} of ${host.end}`);
      const isSized = client.geometry?.cols === size.cols && client.geometry.rows === size.rows;
      if (client.geometry && !isSized) wrong.push(`${client.name} has another size`);
      if (host.exit && !client.hasExit) wrong.push(`${client.name} has no exit`);
      if (!client.input.isSettled) wrong.push(`${client.name} waits for input`);
      return wrong;
    });
  }

  #assertInput(): void {
    for (const { input, name } of this.clients) {
      const applied = this.host.applied.get(`${input.operator} ${input.stream}`) ?? [];
      const isOrdered = applied.every((number, index) => index === 0 || number > (applied[index - 1] ?? 0));
      if (!isOrdered) throw new Error(`${name}: input out of order or twice: ${applied.join()}`);
      const once = new Set(applied);
      for (let number = 1; number <= input.typed; number++) {
        if (!input.uncertain.has(number) && once.has(number) === input.dropped.has(number))
          throw new Error(`${name}: input ${number} ${once.has(number) ? "applied and dropped" : "lost"}`);
      }
    }
    for (const actor of this.host.actors)
      if (!actor.startsWith("op-") || !actor.endsWith(" human")) throw new Error(`forged: ${actor}`);
  }

  #assertBounds(): void {
    for (const relay of [this.#relay, this.#older]) {
      const stats = relay?.core.stats();
      if (stats && stats.windowBytes > simLimits.windowBytes) throw new Error("the window is over its bound");
    }
  }

  #newRelay(): Relay {
    let minted = 0;
    const core = createRelayCore({
      relayId: `relay-${this.random.below(1e9)}`,
      codec: simCodec,
      secrets: {
        mint: () => {
          minted += 1;
          return { secret: `s${minted}`, digest: `s${minted}` };
        },
        matches: (secret, digest) => secret === digest,
      },
      random: this.random,
      journal: { record: () => {} },
      nowMs: this.nowMs,
      wallMs: this.nowMs,
      limits: simLimits,
    });
    return { core, link: undefined, isAlive: true };
  }

  #connectLink(relay = this.#relay): void {
    if (relay.link && (this.#isCalm || this.random.chance(0.8))) return;
    let isOver = false;
    const handle = relay.core.link(
      {
        fleet: "f",
        machineId: "mch_1",
        name: "m",
        facts,
        sessions: [this.host.hosted()],
        credential: { ids: ["mch_1"], limitMs: undefined },
      },
      {
        bufferedBytes: 0,
        send: (order) => {
          if (order.kind === "home" && !isOver && relay.isAlive) this.#openHome(relay, order.homeToken);
        },
        end: () => {
          isOver = true;
          if (relay.link === handle) relay.link = undefined;
        },
      },
    );
    if (handle instanceof Failure) throw handle;
    relay.link = handle;
  }

  #openHome(relay: Relay, token: string): void {
    this.host.openHome((home) => {
      const handle = relay.core.home(sessionId, token, {
        bufferedBytes: 0,
        send: (framed) => home.down.push(framed),
        end: () => this.host.closeHome(home, false),
      });
      if (handle instanceof Failure) return undefined;
      this.#homeRelays.set(home, relay);
      return handle;
    });
  }

  #moveHomes(most: number): void {
    for (const home of this.host.homes.slice()) {
      for (let moved = 0; moved < most && !home.isOver; moved++) {
        this.host.pump(home);
        const isDown = this.host.takeDown(home);
        const up = home.up.shift();
        up?.();
        if (!up && !isDown) break;
      }
    }
  }

  #read(most: number): void {
    const client = this.random.pick(this.clients);
    for (let count = 0; count < most && client?.read(this.nowMs); count++);
  }

  #dial(): void {
    const { random } = this;
    if (this.clients.length < 6 && random.chance(0.4)) {
      this.#lastClient += 1;
      const client = new ClientModel({
        name: `c${this.#lastClient}`,
        mode: random.chance(0.6) ? "terminal" : "lossless",
        creditBytes: random.pick([256, 1024, 4096, 8192]) ?? 256,
        host: this.host,
      });
      if (random.chance(0.4)) client.cursor = random.below(this.host.end + 1);
      else if (client.mode === "lossless") client.cursor = 0;
      this.clients.push(client);
    }
    const client = random.pick(this.clients);
    if (client && (!client.isDialed || random.chance(0.1))) this.#dialOne(client);
  }

  #dialOne(client: ClientModel): void {
    client.dial((request, sink) => this.#relay.core.attach(request, sink));
  }

  #viewport(): void {
    const { random } = this;
    const viewport = {
      cols: random.between(20, 200),
      rows: random.between(5, 60),
      hidden: random.chance(0.2),
    };
    random.pick(this.clients)?.declareViewport(viewport);
  }

  #pass(ms: number): void {
    this.nowMs += ms;
    for (const relay of [this.#relay, this.#older]) {
      relay?.link?.heartbeat({
        atMs: this.nowMs,
        load1m: 0,
        memoryFreeBytes: 0,
        diskFreeBytes: 0,
        sessions: 1,
        uptimeS: 1,
      });
      relay?.core.tick(this.nowMs, this.nowMs);
    }
  }

  #loseHome(): void {
    const home = this.random.pick(this.host.homes);
    if (home) this.host.closeHome(home, true);
  }

  #loseLink(): void {
    const { link } = this.#relay;
    this.#relay.link = undefined;
    if (this.random.chance(0.3)) link?.goodbye();
    else link?.closed();
    if (this.random.chance(0.5)) for (const home of this.host.homes.slice()) this.host.closeHome(home, true);
  }

  /** SIGKILL: nobody is told by the relay. */
  #restartRelay(): void {
    this.#older = this.#end(this.#older);
    this.#end(this.#relay);
    for (const client of this.clients) client.drop(false);
    this.#relay = this.#newRelay();
    if (this.random.chance(0.5)) this.#connectLink();
  }

  /** Drain: the next relay takes over while the old one still runs. */
  #handOver(): void {
    if (this.#older) {
      this.#older = this.#end(this.#older);
      return;
    }
    this.#older = this.#relay;
    this.#older.core.drain({ relays: [], withinMs: 10_000 });
    this.#relay = this.#newRelay();
    if (this.random.chance(0.7)) this.#connectLink();
  }

  #end(relay: Relay | undefined): undefined {
    if (!relay) return undefined;
    relay.isAlive = false;
    for (const home of this.host.homes.slice())
      if (this.#homeRelays.get(home) === relay) this.host.closeHome(home, false);
    relay.core.close();
    return undefined;
  }
}
