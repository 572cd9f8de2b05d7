import { type Clock, Failure, type Random, systemClock, systemRandom } from "@cmdop/base";
import type { Attachment, AttachOptions } from "./attachment.ts";
import { LiveAttachment } from "./live-attachment.ts";
import type { Ticket } from "./session.ts";
import { TicketSource } from "./ticket-source.ts";
import { createWebSocketDial, type WebSocketLike } from "./websocket.ts";

export interface BrowserAttachOptions extends AttachOptions {
  /** "host:port"; several are tried in turn. A browser judges their certificates by itself. */
  readonly relay: string | readonly string[];
  /** The session's id, as in the ticket. */
  readonly session: string;
  /** Asked before the first connection and when the ticket at hand has expired. A page holds no longer-lived token. */
  readonly getTicket: () => Promise<Ticket>;
  /** Speaks ws: instead of wss:, to a loopback address alone. For tests. */
  readonly allowPlaintextLoopback?: boolean;
  /** Default: the page's own. */
  readonly openWebSocket?: (url: string) => WebSocketLike;
  readonly clock?: Clock;
  readonly random?: Random;
}

const hostName = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):/;

/**
 * Attaches from a page over a WebSocket. The relay must list the page's origin. Same attachment, same failures as
 * in Node; rejects with the first Failure that cannot be waited out.
 */
export const attachFromBrowser = async (options: BrowserAttachOptions): Promise<Attachment> => {
  const { clock = systemClock, random = systemRandom } = options;
  const relays = typeof options.relay === "string" ? [options.relay] : [...options.relay];
  if (relays.length === 0 || !relays.every((relay) => hostName.test(relay))) {
    throw new Failure("invalid_argument", 'A relay is named "host:port".');
  }
  const isPlaintext = options.allowPlaintextLoopback ?? false;
  if (isPlaintext && !relays.every((relay) => loopback.test(relay))) throw new Failure("plaintext_refused");
  const tickets = new TicketSource({ ticket: undefined, issue: () => options.getTicket(), clock });
  const attachment = new LiveAttachment({
    ...options,
    sessionId: options.session,
    relays,
    clock,
    random,
    dial: createWebSocketDial({
      token: (relay, isExpired) => tickets.token(relay, isExpired),
      open: options.openWebSocket ?? ((url) => new WebSocket(url)),
      isPlaintext,
    }),
  });
  await attachment.attached;
  return attachment;
};
