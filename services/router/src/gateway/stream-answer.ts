// A streamed answer. Until its content begins it is held back, within a bound, so that a failure can still be retried;
// from then on it is passed on event by event as the bytes that came.
//
// I1 What follows a failure is one error event and the end: never a [DONE].
// I2 An end before every choice has finished is a failure.
// I3 Nothing is read from the provider while the caller has not taken what was read before.
import type { Clock } from "@cmdop/base";
import type { Limits } from "../core/limits.ts";
import type { Seen, StreamWatch } from "../core/protocol.ts";
import { statusOf, toAttemptFailure } from "../core/provider-errors.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { UpstreamResponse } from "../ports.ts";
import { type Asked, failed, failedInside, type OnEnd, type Outcome, unreadable } from "./answer.ts";
import { type Attempt, toProviderFailure, toReadRefusal } from "./attempt.ts";
import { EventReader, type ReadEvents } from "./event-reader.ts";

const encoder = new TextEncoder();

/** An event with what was seen in it. */
interface SeenEvent {
  readonly bytes: Uint8Array;
  readonly seen: Seen;
}

export interface Told {
  readonly onContent: () => void;
  readonly onEnd: OnEnd;
}

export interface StreamOptions extends Told {
  readonly clock: Clock;
  readonly limits: Limits;
}

export const startStream = async (
  asked: Asked,
  response: UpstreamResponse,
  options: StreamOptions,
): Promise<Outcome> => {
  const { limits, clock } = options;
  const { attempt } = asked;
  const reader = new EventReader(attempt, response.body, limits.eventBytes);
  const watch = asked.call.protocol.createWatch(asked.call);
  const held: SeenEvent[] = [];
  let heldBytes = 0;
  let hasContent = false;
  const { promise: isEnough, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(limits.startupMs, () => resolve(undefined));
  let pending: Promise<ReadEvents> | undefined;
  try {
    while (!hasContent && held.length < limits.startupEvents && heldBytes < limits.startupBytes) {
      pending = reader.next();
      const read = await Promise.race([pending, isEnough]);
      // The answer begins without content: the caller is told that it comes, and a retry is given up.
      if (!read) break;
      const { failure, ...taken } = take(read, watch, attempt);
      pending = undefined;
      if (failure) return failure;
      held.push(...taken.events);
      hasContent = taken.hasContent;
      for (const { bytes } of taken.events) heldBytes += bytes.length;
    }
  } finally {
    cancel();
  }
  return { kind: "stream", blocks: relay({ asked, reader, watch, held, pending, options }) };
};

/** An answer that came whole, as a stream. */
export const toldAtOnce = async function* (
  events: string,
  { onContent, onEnd }: Told,
): AsyncGenerator<Uint8Array> {
  let end: "finished" | "aborted" = "aborted";
  try {
    onContent();
    yield encoder.encode(events);
    end = "finished";
  } finally {
    onEnd(end, undefined);
  }
};

/** What was read before the content began. Only what stands before the content decides about another attempt. */
const take = (read: ReadEvents, watch: StreamWatch, attempt: Attempt) => {
  const events: SeenEvent[] = [];
  const taken = (failure: Outcome | undefined, hasContent = false) => ({ failure, events, hasContent });
  if (read.kind === "failed") return taken(failed(toProviderFailure(read.failure)));
  if (read.kind === "end") return taken(failed(toProviderFailure("lost")));
  let hasContent = false;
  for (const bytes of read.events) {
    const seen = watch.see(bytes);
    if (!hasContent && seen.kind === "error") return taken(failedInside(seen.error, attempt));
    if (!hasContent && (seen.kind === "unreadable" || seen.kind === "done")) return taken(unreadable());
    hasContent ||= seen.kind === "chunk" && seen.hasContent;
    events.push({ bytes, seen });
  }
  return taken(undefined, hasContent);
};

interface Relayed {
  readonly asked: Asked;
  readonly reader: EventReader;
  readonly watch: StreamWatch;
  readonly held: readonly SeenEvent[];
  /** A read that is on its way. */
  readonly pending: Promise<ReadEvents> | undefined;
  readonly options: StreamOptions;
}

/** Blocks of whole events. Ends after an error event, or after the event that ends a complete stream. */
const relay = async function* (relayed: Relayed): AsyncGenerator<Uint8Array> {
  const { asked, reader, watch, options } = relayed;
  const { attempt } = asked;
  const passage = new Passage(asked, options.onContent);
  let end: Ending | undefined;
  try {
    let events: readonly SeenEvent[] = relayed.held;
    let { pending } = relayed;
    while (!end) {
      const passed = passage.take(events);
      if (passed.blocks.length > 0) yield joined(passed.blocks);
      end = passed.end === "done" ? endingOf(watch.isComplete) : passed.end;
      if (end) break;
      const read = await (pending ?? reader.next());
      pending = undefined;
      if (read.kind === "events") events = read.events.map((bytes) => ({ bytes, seen: watch.see(bytes) }));
      else if (read.kind === "failed") end = toReadRefusal(read.failure);
      else end = endingOf(watch.isWhole ?? watch.isComplete);
    }
    if (!attempt.isGone) {
      const { protocol } = asked.call;
      const last = end === "complete" ? protocol.doneEvent : protocol.toErrorEvent(end);
      if (last !== undefined) yield encoder.encode(last);
    }
  } finally {
    if (attempt.isGone || !end) options.onEnd("aborted", undefined);
    else if (end === "complete") options.onEnd("finished", undefined);
    else options.onEnd("failed", end);
    // The rest of a complete stream is read, so that its connection can be used again.
    if (end === "complete") void readRest(reader, attempt, options.clock);
    else attempt.close();
  }
};

type Ending = "complete" | Refusal;

const endingOf = (isComplete: boolean): Ending => (isComplete ? "complete" : refuse("upstream_truncated"));

const restMs = 1_000;

const readRest = async (reader: EventReader, attempt: Attempt, clock: Clock): Promise<void> => {
  const cancel = clock.after(restMs, () => attempt.close());
  let read = await reader.next();
  while (read.kind === "events") read = await reader.next();
  cancel();
  if (read.kind === "end") attempt.finish();
  else attempt.close();
};

/** Decides for each event whether it is passed on, and counts what it used. */
class Passage {
  readonly #asked: Asked;
  readonly #wantsUsage: boolean;
  readonly #onContent: () => void;
  #hasBegun = false;

  constructor(asked: Asked, onContent: () => void) {
    this.#asked = asked;
    this.#onContent = onContent;
    this.#wantsUsage = asked.call.protocol.wantsUsage(asked.call);
  }

  take(events: readonly SeenEvent[]): { blocks: Uint8Array[]; end: Refusal | "done" | undefined } {
    const blocks: Uint8Array[] = [];
    for (const { bytes, seen } of events) {
      switch (seen.kind) {
        case "comment":
          blocks.push(bytes);
          break;
        case "chunk":
          if (seen.hasContent) this.#begin();
          this.#asked.meter.received(seen.chars);
          if (seen.tokens) this.#asked.meter.reported(seen.tokens);
          if (this.#wantsUsage || !seen.isUsageOnly) blocks.push(bytes);
          break;
        case "done":
          return { blocks, end: "done" };
        case "error":
          return { blocks, end: this.#refusalOf(seen) };
        case "unreadable":
          return { blocks, end: refuse("upstream_invalid") };
      }
    }
    return { blocks, end: undefined };
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#asked.attempt.contentBegan();
    this.#onContent();
  }

  #refusalOf(seen: Extract<Seen, { kind: "error" }>): Refusal {
    const { secrets } = this.#asked.attempt;
    const failure = toAttemptFailure(
      { status: statusOf(seen.error), retryAfterMs: undefined, error: seen.error },
      secrets,
    );
    return failure.kind === "credential" ? refuse("upstream_credentials_exhausted") : failure.refusal;
  }
}

const joined = (blocks: readonly Uint8Array[]): Uint8Array => {
  const [first] = blocks;
  return blocks.length === 1 && first ? first : Buffer.concat(blocks);
};
