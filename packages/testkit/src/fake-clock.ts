import type { Clock } from "@cmdop/base";

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told. Tasks run in the order of their times, at their times, inside `advance`. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #wallMs: number;
  #order = 0;
  readonly #tasks = new Set<Task>();

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const task = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** Tasks that wait; a test that ends with some has leaked a timer. */
  get pending(): number {
    return this.#tasks.size;
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let task = this.#next(endMs); task; task = this.#next(endMs)) {
      this.#tasks.delete(task);
      this.#move(task.atMs);
      task.run();
    }
    this.#move(endMs);
  }

  /** The wall clock alone jumps, as when NTP corrects it. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  #move(toMs: number): void {
    this.#wallMs += toMs - this.#nowMs;
    this.#nowMs = toMs;
  }

  #next(endMs: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (task.atMs > endMs) continue;
      if (!next || task.atMs < next.atMs || (task.atMs === next.atMs && task.order < next.order)) next = task;
    }
    return next;
  }
}
