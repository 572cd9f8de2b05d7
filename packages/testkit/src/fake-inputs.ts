// The input side of a fake session: sequence numbers, lease and epoch, as the real host keeps them.
import {
  Actor,
  type Input,
  InputRefusal,
  type InputSync,
  LeaseAction,
  type LeaseRequest,
} from "@cmdop/protocol";

export interface AppliedInput {
  readonly operator: string;
  readonly actor: Actor;
  readonly number: number;
  readonly data: string;
  readonly paste: boolean;
}

export interface FakeLease {
  readonly holder: string;
  readonly stream: Uint8Array;
  readonly actor: Actor;
  readonly epoch: number;
}

const keyOf = (operator: string, stream: Uint8Array): string =>
  `${operator}/${Buffer.from(stream).toString("hex")}`;

export class FakeInputs {
  readonly applied: AppliedInput[] = [];
  lease: FakeLease = { holder: "", stream: new Uint8Array(0), actor: Actor.UNSPECIFIED, epoch: 0 };
  onInput: ((input: AppliedInput) => void) | undefined;
  readonly #last = new Map<string, number>();
  readonly #abandoned = new Map<string, number>();

  lastNumber(operator: string, stream: Uint8Array): number {
    return this.#last.get(keyOf(operator, stream)) ?? 0;
  }

  /** Up to here nothing more is applied. */
  abandonedNumber(operator: string, stream: Uint8Array): number {
    return this.#abandoned.get(keyOf(operator, stream)) ?? 0;
  }

  abandon({ operator, stream, abandoned }: InputSync): void {
    if (abandoned === 0n) return;
    const number = Math.max(this.abandonedNumber(operator, stream), Number(abandoned));
    this.#abandoned.set(keyOf(operator, stream), number);
  }

  /** Undefined: applied now or before. */
  apply(input: Input): InputRefusal | undefined {
    const key = keyOf(input.operator, input.stream);
    const number = Number(input.number);
    const settled = Math.max(this.#last.get(key) ?? 0, this.#abandoned.get(key) ?? 0);
    if (number <= settled) return undefined;
    if (Number(input.previous) !== settled) return InputRefusal.OUT_OF_ORDER;
    if (this.lease.holder !== "" && this.lease.holder !== input.operator) {
      if (input.actor !== Actor.HUMAN || this.lease.actor !== Actor.AI) return InputRefusal.LEASE_HELD;
      this.#pass(input.operator, input.stream, input.actor);
    } else if (Number(input.epoch) !== this.lease.epoch) return InputRefusal.STALE_EPOCH;
    this.#last.set(key, number);
    const { operator, actor, paste } = input;
    const entry = { operator, actor, number, data: Buffer.from(input.data).toString("utf8"), paste };
    this.applied.push(entry);
    this.onInput?.(entry);
    return undefined;
  }

  leaseRequest({ action, operator, stream, actor }: LeaseRequest): void {
    if (action === LeaseAction.TAKE) this.#pass(operator, stream, actor);
    else if (this.lease.holder === operator) this.#pass("", new Uint8Array(0), Actor.UNSPECIFIED);
  }

  #pass(holder: string, stream: Uint8Array, actor: Actor): void {
    this.lease = { holder, stream: new Uint8Array(stream), actor, epoch: this.lease.epoch + 1 };
  }
}
