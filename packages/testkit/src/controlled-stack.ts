import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  certificatePin,
  initRelayHome,
  makePrivateDirectory,
  prepareControlledHome,
  prepareJoinedAgent,
} from "@cmdop/authority";
import { freePort } from "./free-port.ts";
import { placePreparedDatabase } from "./prepared-database.ts";
import { assertNoSecretAstray } from "./secret-files.ts";
import { StackProcesses, type StackProgram } from "./stack-processes.ts";

export interface ControlledStackOptions {
  readonly machineName?: string;
  /** Added to the environment of every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Without it, the control plane has its embedded database. */
  readonly databaseUrl?: string;
  /** Default: relay and agent beside the control plane. */
  readonly parts?: readonly Exclude<StackProgram, "control">[];
}

/** As `npm start` runs them: a real control plane, a relay that has it as its authority, and an agent that joined. */
export class ControlledStack {
  readonly home: string;
  readonly relay: string;
  /** Slug of the fleet that the machine is in. */
  readonly fleet: string;
  /** Of the control plane's API. */
  readonly url: string;
  /** For edges. */
  readonly internalUrl: string;
  readonly processes: StackProcesses;

  private constructor(
    at: { readonly home: string; readonly relay: string; readonly url: string; readonly internalUrl: string },
    fleet: string,
    processes: StackProcesses,
  ) {
    this.home = at.home;
    this.relay = at.relay;
    this.url = at.url;
    this.internalUrl = at.internalUrl;
    this.fleet = fleet;
    this.processes = processes;
  }

  static async start(options: ControlledStackOptions = {}): Promise<ControlledStack> {
    const home = mkdtempSync(path.join(tmpdir(), "cmdop-stack-"));
    for (const name of [".", "agent", "cli", "run", "logs"])
      await makePrivateDirectory(path.join(home, name));
    const { pin: relayCaPin } = await initRelayHome(path.join(home, "relay"));
    const [control, internal, relayPort, routerPort, relayMetrics, routerMetrics] = await Promise.all(
      Array.from({ length: 6 }, freePort),
    );
    const relay = `127.0.0.1:${relayPort}`;
    const at = {
      home,
      relay,
      url: `https://127.0.0.1:${control}`,
      internalUrl: `https://127.0.0.1:${internal}`,
    };
    const machineName = options.machineName ?? "testbench";
    const processes = new StackProcesses(home, {
      CMDOP_CONTROL_HOST: "127.0.0.1",
      CMDOP_CONTROL_PORT: String(control),
      CMDOP_CONTROL_INTERNAL_PORT: String(internal),
      CMDOP_CONTROL_METRICS_PORT: "off",
      CMDOP_CONTROL_RELAYS: relay,
      CMDOP_CONTROL_RELAY_CA_PIN: relayCaPin,
      CMDOP_DATABASE_URL: options.databaseUrl,
      CMDOP_RELAY_HOST: "127.0.0.1",
      CMDOP_RELAY_PORT: String(relayPort),
      CMDOP_RELAY_METRICS_PORT: String(relayMetrics),
      CMDOP_ROUTER_PORT: String(routerPort),
      CMDOP_ROUTER_METRICS_PORT: String(routerMetrics),
      CMDOP_MACHINE_NAME: machineName,
      ...options.env,
    });
    try {
      if (options.databaseUrl === undefined) placePreparedDatabase(path.join(home, "control"));
      processes.spawn("control");
      await processes.untilControlReady();
      const ca = readFileSync(path.join(home, "control", "tls", "ca.crt"), "utf8");
      const shared = {
        control: { ...at, socket: path.join(home, "control", "control.sock"), caPin: certificatePin(ca) },
        relay,
        relayCaPin,
        hostname: machineName,
      };
      const { fleet } = await prepareControlledHome(home, { ...shared, operator: "tester" });
      await prepareJoinedAgent(path.join(home, "agent"), { ...shared, machineName, fleet });
      const parts = options.parts ?? ["relay", "agent"];
      for (const part of parts) processes.spawn(part);
      if (parts.includes("relay")) await processes.untilRelayReady(relay);
      if (parts.includes("agent")) await processes.untilLinked();
      return new ControlledStack(at, fleet, processes);
    } catch (error) {
      await processes.close();
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  /** The owner's login. */
  get token(): string {
    return readFileSync(path.join(this.home, "cli", "login.token"), "utf8").trim();
  }

  /** `createClient(stack.clientOptions)`. */
  get clientOptions(): { relay: string; token: string; ca: { pin: string } } {
    const { caPin } = JSON.parse(readFileSync(path.join(this.home, "cli", "config.json"), "utf8")) as {
      caPin: string;
    };
    return { relay: this.relay, token: this.token, ca: { pin: caPin } };
  }

  /** `createControlClient(stack.controlOptions)`. */
  get controlOptions(): { url: string; token: string; caPin: string } {
    const ca = readFileSync(path.join(this.home, "control", "tls", "ca.crt"), "utf8");
    return { url: this.url, token: this.token, caPin: certificatePin(ca) };
  }

  async startControl(): Promise<void> {
    this.processes.spawn("control");
    await this.processes.untilControlReady();
  }

  async startRelay(): Promise<void> {
    this.processes.spawn("relay");
    await this.processes.untilRelayReady(this.relay);
  }

  /** Ends everything; fails when a secret stands where none may. */
  async close(): Promise<void> {
    await this.processes.close();
    try {
      assertNoSecretAstray(this.home);
    } finally {
      rmSync(this.home, { recursive: true, force: true });
    }
  }
}
