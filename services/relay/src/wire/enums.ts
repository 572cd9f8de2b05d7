// The wire's enums and the core's words. An unspecified or unknown value of a peer is refused where the core needs
// one; nothing is guessed.
import { Failure } from "@cmdop/base";
import * as wire from "@cmdop/protocol";
import type * as frames from "../core/frames.ts";
import type * as parties from "../core/parties.ts";

interface Mapping<Word extends string, Value extends number> {
  toWire(word: Word): Value;
  /** Undefined for values that are unspecified or unknown. */
  fromWire(value: number): Word | undefined;
  /** `invalid_argument` naming the field instead of undefined. */
  require(value: number, field: string): Word;
}

const mapping = <Word extends string, Value extends number>(
  values: Readonly<Record<Word, Value>>,
): Mapping<Word, Value> => {
  const words = new Map<number, Word>();
  for (const word of Object.keys(values) as Word[]) words.set(values[word], word);
  return {
    toWire: (word) => values[word],
    fromWire: (value) => words.get(value),
    require: (value, field) => {
      const word = words.get(value);
      if (word === undefined) {
        throw new Failure("invalid_argument", `${field} takes ${[...words.values()].join(", ")}.`);
      }
      return word;
    },
  };
};

export const roles = mapping<parties.Role, wire.Role>({
  operator: wire.Role.OPERATOR,
  observer: wire.Role.OBSERVER,
});

export const actors = mapping<parties.Actor, wire.Actor>({
  human: wire.Actor.HUMAN,
  ai: wire.Actor.AI,
  program: wire.Actor.PROGRAM,
});

export const sessionKinds = mapping<parties.SessionKind, wire.SessionKind>({
  terminal: wire.SessionKind.TERMINAL,
  command: wire.SessionKind.COMMAND,
});

export const resizePolicies = mapping<parties.ResizePolicy, wire.ResizePolicy>({
  latest: wire.ResizePolicy.LATEST,
  smallest: wire.ResizePolicy.SMALLEST,
  fixed: wire.ResizePolicy.FIXED,
});

export const deliveryModes = mapping<parties.DeliveryMode, wire.DeliveryMode>({
  terminal: wire.DeliveryMode.TERMINAL,
  lossless: wire.DeliveryMode.LOSSLESS,
});

export const routeStates = mapping<parties.RouteState, wire.RouteState>({
  live: wire.RouteState.LIVE,
  waiting: wire.RouteState.WAITING,
  lost: wire.RouteState.LOST,
  ended: wire.RouteState.ENDED,
});

export const exitReasons = mapping<parties.ExitReason, wire.ExitReason>({
  exited: wire.ExitReason.EXITED,
  signaled: wire.ExitReason.SIGNALED,
  timeout: wire.ExitReason.TIMEOUT,
  closed: wire.ExitReason.CLOSED,
  idle: wire.ExitReason.IDLE,
  lost: wire.ExitReason.LOST,
  failed: wire.ExitReason.FAILED,
});

export const gapReasons = mapping<frames.GapReason, wire.GapReason>({
  slow: wire.GapReason.SLOW,
  expired: wire.GapReason.EXPIRED,
  lost: wire.GapReason.LOST,
  skipped: wire.GapReason.SKIPPED,
});

export const inputRefusals = mapping<frames.InputRefusal, wire.InputRefusal>({
  observer: wire.InputRefusal.OBSERVER,
  closed: wire.InputRefusal.CLOSED,
  busy: wire.InputRefusal.BUSY,
});

export const machinePresences = mapping<parties.MachinePresence, wire.Machine_Presence>({
  online: wire.Machine_Presence.ONLINE,
  waiting: wire.Machine_Presence.WAITING,
  offline: wire.Machine_Presence.OFFLINE,
});
