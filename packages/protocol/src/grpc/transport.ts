// What both ends set on a connection, and the defaults.

import type { Settings } from "node:http2";
import { limits } from "../limits.ts";
import type { KeepaliveOptions } from "./keepalive.ts";

/** Settings of one side of a connection; each has its default in `limits`. */
export interface TransportOptions {
  readonly streamWindowBytes?: number;
  readonly connectionWindowBytes?: number;
  readonly metadataBytesMax?: number;
  readonly callsPerConnectionMax?: number;
  readonly sendBufferBytes?: number;
  readonly keepaliveIntervalMs?: number;
  readonly keepaliveTimeoutMs?: number;
  readonly keepaliveSweepMs?: number;
  readonly handshakeTimeoutMs?: number;
  readonly idleConnectionMs?: number;
}

export type Transport = Required<TransportOptions>;

export const toTransport = (options: TransportOptions): Transport => ({
  streamWindowBytes: options.streamWindowBytes ?? limits.streamWindowBytes,
  connectionWindowBytes: options.connectionWindowBytes ?? limits.connectionWindowBytes,
  metadataBytesMax: options.metadataBytesMax ?? limits.metadataBytesMax,
  callsPerConnectionMax: options.callsPerConnectionMax ?? limits.callsPerConnectionMax,
  sendBufferBytes: options.sendBufferBytes ?? limits.sendBufferBytes,
  keepaliveIntervalMs: options.keepaliveIntervalMs ?? limits.keepaliveIntervalMs,
  keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? limits.keepaliveTimeoutMs,
  keepaliveSweepMs: options.keepaliveSweepMs ?? limits.keepaliveSweepMs,
  handshakeTimeoutMs: options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs,
  idleConnectionMs: options.idleConnectionMs ?? limits.idleConnectionMs,
});

export const openSettings = (transport: Transport): Settings => ({
  initialWindowSize: transport.streamWindowBytes,
  maxHeaderListSize: transport.metadataBytesMax,
  enablePush: false,
});

export const keepaliveOf = (transport: Transport): KeepaliveOptions => ({
  intervalMs: transport.keepaliveIntervalMs,
  timeoutMs: transport.keepaliveTimeoutMs,
  sweepMs: transport.keepaliveSweepMs,
});

/** Node counts in megabytes, and everything that a session holds: all its calls' send buffers fit. */
export const sessionMemoryMiB = 256;
