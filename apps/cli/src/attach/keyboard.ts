import type { Clock } from "@cmdop/base";
import type { Leader } from "./leader.ts";
import { type InputAction, LeaderKeys } from "./leader-keys.ts";
import { type InputToken, TerminalInput } from "./terminal-input.ts";

export interface KeyboardEvents {
  act(action: InputAction): void;
  /** The leader was pressed and nothing after it for a while: the user may not know what it is. */
  hint(leader: Leader): void;
}

const hintMs = 600;

/** What is typed on the user's terminal, with the waits that tell a lone key from the beginning of a sequence. */
export class Keyboard {
  readonly #leader: Leader | undefined;
  readonly #clock: Clock;
  readonly #events: KeyboardEvents;
  readonly #input: TerminalInput;
  readonly #keys = new LeaderKeys();
  #cancelWait: (() => void) | undefined;
  #cancelHint: (() => void) | undefined;

  constructor(leader: Leader | undefined, clock: Clock, events: KeyboardEvents) {
    this.#leader = leader;
    this.#clock = clock;
    this.#events = events;
    this.#input = new TerminalInput(leader);
  }

  receive(bytes: Uint8Array): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#apply(this.#input.push(bytes));
    const { waitMs } = this.#input;
    if (waitMs !== undefined)
      this.#cancelWait = this.#clock.after(waitMs, () => this.#apply(this.#input.flush()));
  }

  stop(): void {
    this.#cancelWait?.();
    this.#cancelHint?.();
  }

  #apply(tokens: readonly InputToken[]): void {
    const actions = tokens.flatMap((token) => this.#keys.apply(token));
    this.#cancelHint?.();
    const leader = this.#leader;
    if (this.#keys.isArmed && leader)
      this.#cancelHint = this.#clock.after(hintMs, () => this.#events.hint(leader));
    for (const action of actions) this.#events.act(action);
  }
}
