// One port for TLS and for plain HTTP from this machine itself: the console is opened at http://localhost without a
// warning, and whoever comes from elsewhere speaks TLS. The first byte tells: a TLS record begins with 22.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import type { Duplex } from "node:stream";
import { Failure } from "@cmdop/base";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: ListenerTls;
  readonly handle: http.RequestListener;
  readonly connectionsMax: number;
  readonly timeouts?: ListenerTimeouts;
}

export interface ListenerTls {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Milliseconds, counted from a request's first byte; `lookMs`: how often they are looked at. */
export interface ListenerTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly lookMs: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** For connections that begin from now on; those that are open keep what they have. */
  setTls(tls: ListenerTls): void;
  /** Takes no new connection and resolves when the requests that run are answered. */
  close(): Promise<void>;
}

const tlsHandshake = 22;
const firstByteMs = 10_000;

const isLoopback = (address: string | undefined): boolean =>
  address === "::1" || /^(::ffff:)?127\./.test(address ?? "");

const timeoutsDefault: ListenerTimeouts = { headersMs: 20_000, requestMs: 60_000, lookMs: 5_000 };
const keepAliveMs = 65_000;
const headerBytesMax = 16 * 1024;

export const openListener = async (options: ListenerOptions): Promise<Listener> => {
  const { headersMs, requestMs, lookMs } = options.timeouts ?? timeoutsDefault;
  const serverOptions = {
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs,
    maxHeaderSize: headerBytesMax,
  };
  const plain = http.createServer(serverOptions, options.handle);
  const secure = https.createServer({ ...serverOptions, ...contextOf(options.tls) }, options.handle);
  // node:http counts its connections and keeps its timeouts from this event on; these two never listen themselves.
  for (const server of [plain, secure]) server.emit("listening");
  const sockets = new Set<net.Socket>();
  const front = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(firstByteMs, () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      socket.setTimeout(0);
      socket.pause();
      socket.removeAllListeners("timeout");
      const target =
        first[0] === tlsHandshake ? secure : isLoopback(socket.remoteAddress) ? plain : undefined;
      if (!target) {
        refusePlain(socket);
        return;
      }
      socket.unshift(first);
      target.emit("connection", socket satisfies Duplex);
      // TLS takes what was put back by itself; plain HTTP hears of it when the socket flows again.
      if (target === plain) socket.resume();
    });
  });
  front.maxConnections = options.connectionsMax;
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.listen(options.port, options.host, resolve);
  }).catch((error: unknown) => {
    throw error instanceof Error && "code" in error && error.code === "EADDRINUSE"
      ? new Failure("port_in_use", `Port ${options.port} on ${options.host} is in use.`, { cause: error })
      : error;
  });
  const address = front.address() as net.AddressInfo;
  return {
    host: address.address,
    port: address.port,
    setTls: (tls) => secure.setSecureContext(contextOf(tls)),
    close: async () => {
      const closed = new Promise<void>((resolve) => front.close(() => resolve()));
      plain.close();
      secure.close();
      plain.closeIdleConnections();
      secure.closeIdleConnections();
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, 5_000);
      // A connection that has sent nothing belongs to neither server yet.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      await closed;
      clearTimeout(late);
    },
  };
};

const contextOf = ({ certificatePem, keyPem }: ListenerTls) => ({
  cert: certificatePem,
  key: keyPem,
  minVersion: "TLSv1.3" as const,
});

const refusePlain = (socket: net.Socket): void => {
  const body = "This port speaks HTTPS to other machines. Use https:// instead.\n";
  socket.end(
    `HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nUpgrade: TLS/1.3\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
};
