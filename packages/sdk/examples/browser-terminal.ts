// A page: it holds no token of its own, only a ticket for one session that its server hands it.
import { attachFromBrowser, type Ticket } from "@cmdop/sdk/browser";

interface Screen {
  reset(): void;
  write(data: Uint8Array, drawn: () => void): void;
  onKey(listener: (text: string) => void): void;
  readonly cols: number;
  readonly rows: number;
}

export const show = async (relay: string, session: string, screen: Screen): Promise<void> => {
  const getTicket = async (): Promise<Ticket> => {
    const response = await fetch(`/sessions/${session}/ticket`, { method: "POST" });
    return (await response.json()) as Ticket;
  };
  const { cols, rows } = screen;
  const attachment = await attachFromBrowser({ relay, session, getTicket, viewport: { cols, rows } });
  attachment.onFrame((item) => {
    if (item.kind === "output") {
      screen.write(item.bytes, () => attachment.ack(item.offset + item.bytes.length));
    } else if (item.kind === "snapshot") {
      screen.reset();
      screen.write(item.data, () => attachment.ack(item.offset));
    }
  });
  screen.onKey((text) => attachment.writeNow(text));
  await attachment.closed;
};
