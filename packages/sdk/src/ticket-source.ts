import type { Clock } from "@cmdop/base";
import type { Ticket } from "./session.ts";

const marginMs = 5_000;

/** The ticket of one attachment: kept while it may be presented, asked for again when not. */
export class TicketSource {
  readonly #issue: ((relay: string) => Promise<Ticket>) | undefined;
  readonly #clock: Clock;
  #ticket: Ticket | undefined;

  /** Without `issue`, the ticket at hand is presented whatever its age. */
  constructor(options: {
    readonly ticket: Ticket | undefined;
    readonly issue: ((relay: string) => Promise<Ticket>) | undefined;
    readonly clock: Clock;
  }) {
    this.#ticket = options.ticket;
    this.#issue = options.issue;
    this.#clock = options.clock;
  }

  async token(relay: string, isExpired: boolean): Promise<string> {
    const known = this.#ticket;
    if (!this.#issue) return known?.token ?? "";
    if (known && !isExpired && known.expiresAtMs > this.#clock.wallMs() + marginMs) return known.token;
    this.#ticket = await this.#issue(relay);
    return this.#ticket.token;
  }
}
