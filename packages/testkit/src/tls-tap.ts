import { once } from "node:events";
import { createServer, type Server, type TLSSocket, connect as tlsConnect } from "node:tls";

/**
 * Stands between a client and a TLS server with that server's own certificate and key, and keeps what goes through in
 * clear, both ways.
 */
export class TlsTap {
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();
  readonly #seen: Buffer[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `target`: "host:port". */
  static async open(
    target: string,
    own: { readonly cert: string | Buffer; readonly key: string | Buffer },
  ): Promise<TlsTap> {
    const [host = "", port = ""] = target.split(":");
    const server = createServer({ ...own, ALPNProtocols: ["http/1.1"] });
    const tap = new TlsTap(server);
    server.on("secureConnection", (near) => {
      // Which server it is was settled by whoever gave its key.
      const far = tlsConnect({
        host,
        port: Number(port),
        ALPNProtocols: ["http/1.1"],
        rejectUnauthorized: false,
      });
      tap.#join(near, far);
      tap.#join(far, near);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return tap;
  }

  get address(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** Everything so far. */
  seen(): Buffer {
    return Buffer.concat(this.#seen);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #join(from: TLSSocket, to: TLSSocket): void {
    this.#sockets.add(from);
    from.on("data", (bytes: Buffer) => {
      this.#seen.push(bytes);
      to.write(bytes);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
