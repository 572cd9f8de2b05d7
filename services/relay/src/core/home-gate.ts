// Lets homes in: checks the token, waits for hello, then hands them to their session.
//
// I1 Nothing of a home counts before its hello; the wait is bounded in time, and in number by one per session: a
//    newer one that has not said hello yet ends the older.
import { Failure } from "@cmdop/base";
import type { HomeHandle, HomeSink } from "../ports.ts";
import type { HomeEvent } from "./frames.ts";
import type { HomeOrders } from "./home-orders.ts";
import type { HomeConnection } from "./home-route.ts";
import { linkOf } from "./machine.ts";
import type { Registry } from "./registry.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";

export interface HomeGateOptions {
  readonly context: SessionContext;
  readonly registry: Registry;
  readonly homeOrders: HomeOrders;
  readonly arrived: (session: Session) => void;
}

interface Greeting {
  readonly home: HomeConnection;
  readonly deadlineMs: number;
}

export class HomeGate {
  readonly #options: HomeGateOptions;
  readonly #greeting = new Map<Session, Greeting>();

  constructor(options: HomeGateOptions) {
    this.#options = options;
  }

  open(sessionId: string, token: string, sink: HomeSink): HomeHandle | Failure {
    const { registry, homeOrders, context } = this.#options;
    const match = homeOrders.match(registry.sessionsWithId(sessionId), token);
    if (!match) return new Failure("unauthenticated");
    const { session, link } = match;
    const machine = registry.machineOf(session);
    if (!machine || linkOf(machine) !== link) return new Failure("unauthenticated");
    this.#drop(session, new Failure("superseded"));
    const home: HomeConnection = { sink, next: 0, acked: 0 };
    this.#greeting.set(session, { home, deadlineMs: context.now() + context.limits.greetingMs });
    return {
      output: (from, to, framed) => session.output.route.output(home, from, to, framed),
      receive: (event) => {
        if (this.#greeting.get(session)?.home === home) this.#greet(session, home, event);
        else session.homeEvent(home, event);
      },
      closed: () => {
        if (this.#greeting.get(session)?.home === home) this.#greeting.delete(session);
        else session.homeClosed(home);
      },
    };
  }

  sweep(nowMs: number): void {
    for (const [session, { deadlineMs }] of this.#greeting)
      if (nowMs >= deadlineMs) this.#drop(session, new Failure("timed_out"));
  }

  end(failure: Failure): void {
    for (const session of this.#greeting.keys()) this.#drop(session, failure);
  }

  #greet(session: Session, home: HomeConnection, event: HomeEvent): void {
    if (event.kind !== "hello") this.#drop(session, new Failure("unexpected_message"));
    else if (event.sessionId !== session.id || event.logStart > event.offset)
      this.#drop(session, new Failure("invalid_argument"));
    else if (this.#options.registry.session(session.fleet, session.id) !== session)
      this.#drop(session, new Failure("session_not_found"));
    else {
      this.#greeting.delete(session);
      this.#options.homeOrders.arrived(session, this.#options.context.now());
      session.adopt(home, event);
      this.#options.arrived(session);
    }
  }

  #drop(session: Session, failure: Failure): void {
    const greeting = this.#greeting.get(session);
    if (!greeting) return;
    this.#greeting.delete(session);
    greeting.home.sink.end(failure);
  }
}
