// An edge with a fake control plane and a directory of its own, as this package's tests have it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, initRelayHome, openKeySetAuthority } from "@cmdop/authority";
import { type Clock, Scope, systemClock } from "@cmdop/base";
import { waitFor } from "@cmdop/testkit";
import { createControlAuthority } from "../src/control-authority.ts";
import { type Edge, type EdgeOptions, openEdge } from "../src/edge.ts";
import { FakeControl } from "./fake-control.ts";

/** The system's, set forward by hand: a deadline that is a time comes nearer, a timer that runs does not. */
class AdvancedClock implements Clock {
  #aheadMs = 0;

  wallMs(): number {
    return systemClock.wallMs();
  }

  nowMs(): number {
    return systemClock.nowMs() + this.#aheadMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return systemClock.after(delayMs, task);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}

export class EdgeFixture {
  /** Of every edge. */
  readonly clock = new AdvancedClock();
  readonly scope: Scope;
  readonly control: FakeControl;
  readonly dir: string;

  private constructor(scope: Scope, control: FakeControl, dir: string) {
    this.scope = scope;
    this.control = control;
    this.dir = dir;
  }

  static async open(): Promise<EdgeFixture> {
    const scope = new Scope();
    const dir = await mkdtemp(join(tmpdir(), "cmdop-edge-"));
    scope.add(() => rm(dir, { recursive: true }));
    const control = await FakeControl.open();
    scope.add(() => control.close());
    return new EdgeFixture(scope, control, dir);
  }

  /** A relay's, in the same directory each time; closed with the fixture. */
  async edge(options: Partial<EdgeOptions> = {}): Promise<Edge> {
    const edge = await openEdge({
      plane: "relay",
      client: this.control.client(),
      dir: join(this.dir, "edge"),
      clock: this.clock,
      ...options,
    });
    this.scope.add(() => edge.close());
    return edge;
  }

  /** Beside a key set of the relay's own. */
  async authority(edge: Edge): Promise<Authority> {
    const home = join(this.dir, "relay");
    await initRelayHome(home);
    const authority = createControlAuthority({ edge, local: await openKeySetAuthority(home) });
    this.scope.add(() => authority.close());
    return authority;
  }

  close(): Promise<void> {
    return this.scope.close();
  }
}

export const informed = (edge: Edge): Promise<unknown> =>
  waitFor(() => edge.isInformed && !edge.isSilent && edge.keySet() !== undefined, {
    what: "the edge to be informed",
  });
