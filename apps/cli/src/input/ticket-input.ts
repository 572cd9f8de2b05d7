// A ticket on standard input: the token by itself, or the JSON that `cmdop ticket --json` prints. The keyboard is
// then the terminal itself, as with other programs that are fed on standard input.
import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { type Client, createClient, type Role, type Ticket } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import type { Io } from "../io.ts";
import { readStdin } from "./stdin.ts";

const ticketBytesMax = 65_536;

interface TicketInput {
  readonly client: Client;
  readonly ticket: Ticket;
  readonly io: Io;
}

export const readTicket = async (context: Context): Promise<TicketInput> => {
  const { io } = context;
  const input = await readStdin(context, { what: "the ticket", bytesMax: ticketBytesMax });
  const text = input.toString().trim();
  const { ticket, relays, caPin } = parseTicket(text);
  const settings = context.settings();
  const relay = relays.length > 0 ? relays : settings.relays;
  if (relay.length === 0) {
    throw usageError(
      "The ticket does not say which relay it is for.",
      "Pass --relay HOST:PORT --ca-pin sha256:…, or the ticket's JSON form.",
    );
  }
  const pin = context.options.text("ca-pin") ?? caPin ?? settings.caPin;
  const client = createClient({ relay, token: ticket.token, ...(pin ? { ca: { pin } } : {}) });
  return { client, ticket, io: { ...io, stdin: openKeyboard() } };
};

const openKeyboard = (): ReadStream => {
  try {
    return new ReadStream(openSync("/dev/tty", "r"));
  } catch (cause) {
    throw usageError(
      "There is no terminal to type on.",
      `Run it in a terminal. (${cause instanceof Error ? cause.message : "/dev/tty"})`,
    );
  }
};

const notTicket = () =>
  usageError(
    "Standard input holds no ticket.",
    "Make one: cmdop ticket SESSION, and pipe it in as it was printed.",
  );

const parseTicket = (
  text: string,
): { readonly ticket: Ticket; readonly relays: readonly string[]; readonly caPin: string | undefined } => {
  if (!text.startsWith("{")) return { ticket: decode(text), relays: [], caPin: undefined };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notTicket();
  }
  if (typeof value !== "object" || value === null || !("token" in value) || typeof value.token !== "string") {
    throw notTicket();
  }
  const relays = "relays" in value && Array.isArray(value.relays) ? value.relays.map(String) : [];
  const caPin = "caPin" in value && typeof value.caPin === "string" ? value.caPin : undefined;
  return { ticket: decode(value.token), relays, caPin };
};

/** What stands in the token; the relay is who checks it. */
const decode = (token: string): Ticket => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    if (typeof claims !== "object" || claims === null) throw notTicket();
    const sessionId: unknown = Reflect.get(claims, "ses");
    if (typeof sessionId !== "string") throw notTicket();
    const role: Role = Reflect.get(claims, "role") === "observer" ? "observer" : "operator";
    return { token, sessionId, role, expiresAtMs: Number(Reflect.get(claims, "exp") ?? 0) * 1000 };
  } catch {
    throw notTicket();
  }
};
