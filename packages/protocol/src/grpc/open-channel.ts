import { connect as connectTcp, type Socket } from "node:net";
import { Failure, systemClock } from "@cmdop/base";
import type { Channel, ChannelOptions } from "./channel.ts";
import { NodeChannel } from "./node-channel.ts";
import { addressTimeoutMsDefault, fromConnectError, openTls } from "./tls.ts";

const connectTimeoutMsDefault = 10_000;

const openTcp = (
  { address: { host, port }, addressTimeoutMs = addressTimeoutMsDefault }: ChannelOptions,
  onSocket: (socket: Socket) => void,
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, autoSelectFamilyAttemptTimeout: addressTimeoutMs });
    onSocket(socket);
    socket.once("error", (error) => reject(fromConnectError(error, { host, port })));
    socket.once("close", () => reject(new Failure("unavailable", "The relay closed the connection.")));
    socket.once("connect", () => resolve(socket));
  });

const openSocket = (options: ChannelOptions, onSocket: (socket: Socket) => void): Promise<Socket> => {
  const { address, tls, addressTimeoutMs } = options;
  if (tls === "plaintext") return openTcp(options, onSocket);
  // With neither, the system's authorities decide.
  if (tls.ca !== undefined && tls.pinnedCa !== undefined) {
    return Promise.reject(new Failure("not_configured", "Trust is by a CA or by its pin, not by both."));
  }
  const target = {
    host: address.host,
    port: address.port,
    servername: tls.servername ?? address.host,
    ca: tls.ca,
    pinnedCa: tls.pinnedCa,
    ...(addressTimeoutMs === undefined ? {} : { addressTimeoutMs }),
  };
  return openTls(target, onSocket);
};

/**
 * Connects. Rejects with `unavailable` (nobody answers, no HTTP/2), `untrusted_relay` (certificate),
 * `not_configured`, `timed_out` or `cancelled`.
 */
export const openChannel = async (options: ChannelOptions): Promise<Channel> => {
  const { signal, clock = systemClock, connectTimeoutMs = connectTimeoutMsDefault } = options;
  if (signal?.aborted) throw new Failure("cancelled");
  let socket: Socket | undefined;
  let giveUp: (cause: Failure) => void = () => {};
  const gaveUp = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  gaveUp.catch(() => {});
  const cancelTimeout = clock.after(connectTimeoutMs, () => giveUp(new Failure("timed_out")));
  const aborted = (): void => giveUp(new Failure("cancelled"));
  signal?.addEventListener("abort", aborted, { once: true });
  const connect = async (): Promise<Channel> => {
    const connected = await openSocket(options, (opened) => {
      socket = opened;
    });
    const channel = new NodeChannel(connected, options);
    await channel.ready();
    return channel;
  };
  try {
    return await Promise.race([gaveUp, connect()]);
  } catch (cause) {
    socket?.destroy();
    throw cause;
  } finally {
    cancelTimeout();
    signal?.removeEventListener("abort", aborted);
  }
};
