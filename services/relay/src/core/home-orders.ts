// Orders agents to open homes and checks the tokens that homes come with.
//
// I1 Tokens are kept as digests, are valid for the link that they were sent on, and for one session.
// I2 After a change of links each home is ordered anew, since the old one may be half-open.
// I3 A home that does not come is ordered again, ever more slowly; one that comes and goes is not ordered in a loop.
import type { HomeSecrets } from "../ports.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./machine.ts";
import type { Session } from "./session.ts";

interface Ticket {
  readonly link: Link;
  /** The newest first; the one before it may be on its way still. */
  digests: readonly string[];
  /** Its home, if it has one, came on an older link: another is to take over. */
  isHomeOlder: boolean;
  /** The last order for a home. */
  orderId: number | undefined;
  tries: number;
  nextAtMs: number;
}

export class HomeOrders {
  readonly #secrets: HomeSecrets;
  readonly #limits: Limits;
  readonly #tickets = new Map<Session, Ticket>();

  constructor(secrets: HomeSecrets, limits: Limits) {
    this.#secrets = secrets;
    this.#limits = limits;
  }

  /** The token of an open order; a home order follows only when that home does not come in its time. */
  opening(session: Session, link: Link, nowMs: number): string {
    const { secret, digest } = this.#secrets.mint();
    const nextAtMs = nowMs + this.#limits.orderDeadlineMs;
    this.#tickets.set(session, {
      link,
      digests: [digest],
      isHomeOlder: false,
      orderId: undefined,
      tries: 0,
      nextAtMs,
    });
    return secret;
  }

  /** Orders a home when the session needs one and it is time to. */
  want(session: Session, link: Link, nowMs: number, orderId: () => number): void {
    let ticket = this.#tickets.get(session);
    if (ticket?.link !== link) {
      ticket = {
        link,
        digests: [],
        isHomeOlder: session.home !== undefined,
        orderId: undefined,
        tries: 0,
        nextAtMs: nowMs,
      };
      this.#tickets.set(session, ticket);
    }
    const isWanted = session.needsHome || (ticket.isHomeOlder && session.home);
    if (!isWanted || nowMs < ticket.nextAtMs) return;
    const { secret, digest } = this.#secrets.mint();
    ticket.digests = [digest, ...ticket.digests.slice(0, 1)];
    ticket.nextAtMs =
      nowMs + Math.min(this.#limits.homeRetryMs * 2 ** ticket.tries, this.#limits.homeRetryMaxMs);
    ticket.tries = Math.min(ticket.tries + 1, 16);
    ticket.orderId = orderId();
    link.sink.send({ kind: "home", orderId: ticket.orderId, sessionId: session.id, homeToken: secret });
  }

  /** The session that a home may serve, of those with its id (one per fleet). */
  match(
    candidates: Iterable<Session>,
    token: string,
  ): { readonly session: Session; readonly link: Link } | undefined {
    for (const session of candidates) {
      const ticket = this.#tickets.get(session);
      if (ticket?.digests.some((digest) => this.#secrets.matches(token, digest)))
        return { session, link: ticket.link };
    }
    return undefined;
  }

  /** A home said hello: when it goes, the next may be ordered after the shortest wait. */
  arrived(session: Session, nowMs: number): void {
    const ticket = this.#tickets.get(session);
    if (!ticket) return;
    ticket.tries = 0;
    ticket.isHomeOlder = false;
    ticket.nextAtMs = nowMs + this.#limits.homeAgainMs;
  }

  /** The session that an order on this link was for. */
  ordered(link: Link, orderId: number): Session | undefined {
    for (const [session, ticket] of this.#tickets)
      if (ticket.link === link && ticket.orderId === orderId) return session;
    return undefined;
  }

  linkGone(link: Link): void {
    for (const [session, ticket] of this.#tickets) if (ticket.link === link) this.#tickets.delete(session);
  }

  forget(session: Session): void {
    this.#tickets.delete(session);
  }
}
