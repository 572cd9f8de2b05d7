import type { Socket } from "node:net";

// Connections that nobody has vouched for, counted by who they come from.
//
// I1 A caller holds at most `perCallerMax` of them at once, in whatever state: TLS under way, silent, or refused call after
//    call. What was authenticated once does not count any more.
// I2 Who holds none costs no memory.

export interface UnauthenticatedBound {
  readonly perCallerMax: number;
  /** Whose connection one from this address is; undefined: it is not counted. */
  callerOf(address: string): string | undefined;
}

/** Of a TLS socket as of the one below it. */
const keyOf = (socket: Socket): string =>
  `${socket.remoteAddress ?? "?"}|${socket.remotePort ?? 0}|${socket.localPort ?? 0}`;

export class UnauthenticatedPeers {
  readonly #bound: UnauthenticatedBound | undefined;
  readonly #counts = new Map<string, number>();
  /** Callers of connections that count, by connection. */
  readonly #callers = new Map<string, string>();

  constructor(bound: UnauthenticatedBound | undefined) {
    this.#bound = bound;
  }

  /** False: its caller has too many. */
  admit(socket: Socket): boolean {
    const caller = this.#bound?.callerOf(socket.remoteAddress ?? "?");
    if (this.#bound === undefined || caller === undefined) return true;
    const count = this.#counts.get(caller) ?? 0;
    if (count >= this.#bound.perCallerMax) return false;
    this.#counts.set(caller, count + 1);
    const key = keyOf(socket);
    this.#callers.set(key, caller);
    socket.once("close", () => this.#release(key));
    return true;
  }

  authenticated(socket: Socket): void {
    this.#release(keyOf(socket));
  }

  #release(key: string): void {
    const caller = this.#callers.get(key);
    if (caller === undefined) return;
    this.#callers.delete(key);
    const count = (this.#counts.get(caller) ?? 1) - 1;
    if (count > 0) this.#counts.set(caller, count);
    else this.#counts.delete(caller);
  }
}
