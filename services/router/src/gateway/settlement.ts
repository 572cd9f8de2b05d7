// What one request has used, told once: whoever ends it first decides how it ended.
import type { Clock } from "@cmdop/base";
import { nameCharsMax } from "../core/model-name.ts";
import type { Call } from "../core/protocol.ts";
import type { Refusal } from "../core/refusals.ts";
import type { Candidate } from "../core/route-table.ts";
import { type End, Meter } from "../core/usage.ts";
import type { Caller, RequestTrace, UsageEvent, UsageSink } from "../ports.ts";
import { labelOf } from "./turn.ts";

export interface SettledRequest {
  readonly requestId: string;
  readonly caller: Caller;
  /** The machine that the caller says it asks for. */
  readonly machineId: string | undefined;
  readonly call: Call;
  /** Undefined: tracing is off. */
  readonly trace: RequestTrace | undefined;
}

export class Settlement {
  readonly meter: Meter;
  readonly startMs: number;
  readonly tally = { searches: 0, attempts: 0 };
  /** Whose answer it is, once that is known. */
  answering: Candidate | undefined;
  readonly #request: SettledRequest;
  readonly #usage: UsageSink;
  readonly #clock: Clock;
  #firstContentMs: number | undefined;

  constructor(
    request: SettledRequest,
    { usage, clock }: { readonly usage: UsageSink; readonly clock: Clock },
  ) {
    this.#request = request;
    this.#usage = usage;
    this.#clock = clock;
    this.meter = new Meter(request.call.inputChars);
    this.startMs = clock.nowMs();
  }

  contentBegan(): void {
    this.#firstContentMs ??= this.#clock.nowMs() - this.startMs;
  }

  /** Whether it was not settled before. `attempts`: requests to providers. */
  settle(end: End, refusal: Refusal | undefined, attempts: number): boolean {
    const { call, caller, requestId, machineId, trace } = this.#request;
    const { answering } = this;
    const used = this.meter.settle(end, answering?.price);
    if (!used) return false;
    const event: UsageEvent = {
      ...used,
      requestId,
      keyId: caller.keyId,
      machineId,
      endpoint: call.protocol.name,
      requestedModel: call.model.slice(0, nameCharsMax),
      searches: this.tally.searches,
      model: answering?.modelId,
      provider: answering && labelOf(answering.provider),
      isListed: answering?.isListed ?? false,
      attempts,
      refusal: refusal?.row,
      durationMs: this.#clock.nowMs() - this.startMs,
      firstContentMs: this.#firstContentMs,
    };
    this.#usage.record(event, caller);
    trace?.settled(event);
    return true;
  }
}
