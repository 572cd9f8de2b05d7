// Denials, written to the audit log beside the requests: a refusal never waits for the database. A storm of them is
// counted: of each actor so many a minute are entries of their own.
import { AsyncLocalStorage } from "node:async_hooks";
import { networkOf } from "@cmdop/authority";
import type { Actor, AuditNote, Origin, UnitOfWork } from "../unit-of-work.ts";

export interface Denial {
  readonly actor: Actor;
  readonly origin: Origin;
  readonly operation: string;
  readonly right?: string | undefined;
  readonly fleet?: string | undefined;
  readonly reason: string;
  /** What was tried, where it is more than a request: `account.sign_in`. */
  readonly action?: string | undefined;
  /** Whom or what it was tried on; the operation where it says nothing. */
  readonly target?: { readonly kind: string; readonly id: string } | undefined;
}

export interface DenialLog {
  record(denial: Denial): void;
  /** Resolves when everything that was recorded before is written. */
  flush(): Promise<void>;
}

export const denialsPerMinute = 20;
const waitingMax = 1_000;
const actorsMax = 10_000;

export const createDenialLog = (options: {
  readonly unitOfWork: UnitOfWork;
  readonly nowMs: () => number;
  readonly failed: (cause: unknown) => void;
}): DenialLog => {
  const windows = new Map<string, { startMs: number; written: number; left: number }>();
  let waiting = 0;
  let last = Promise.resolve();
  // What is denied inside a transaction is written after it, in one of its own: the database tells them apart by the
  // asynchronous context.
  const outside = AsyncLocalStorage.snapshot();

  const admit = (actor: string): { readonly left: number } | undefined => {
    const now = options.nowMs();
    const window = windows.get(actor);
    if (!window || now - window.startMs >= 60_000) {
      if (windows.size >= actorsMax) windows.clear();
      windows.set(actor, { startMs: now, written: 1, left: 0 });
      return { left: window?.left ?? 0 };
    }
    if (window.written >= denialsPerMinute || waiting >= waitingMax) {
      window.left += 1;
      return undefined;
    }
    window.written += 1;
    return { left: 0 };
  };

  return {
    record: ({ actor, origin, operation, right, fleet, reason, action, target }) => {
      const by = actor.kind === "anonymous" ? `address:${networkOf(origin.ip ?? "")}` : actor.id;
      const admitted = admit(by);
      if (!admitted) return;
      const note: AuditNote = {
        action: action ?? "request.denied",
        outcome: "denied",
        reason,
        target: target ?? { kind: "operation", id: operation },
        ...(fleet === undefined ? {} : { fleet }),
        body: {
          ...(right === undefined ? {} : { right }),
          ...(admitted.left > 0 ? { notWritten: admitted.left } : {}),
        },
      };
      waiting += 1;
      last = outside(() =>
        last
          .then(() => options.unitOfWork.write("all", actor, origin, async (tx) => tx.audit(note)))
          .catch(options.failed)
          .finally(() => {
            waiting -= 1;
          }),
      );
    },
    flush: () => last,
  };
};
