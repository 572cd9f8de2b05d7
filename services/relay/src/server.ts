// Wires one relay: core, authority, one TLS port with gRPC, WebSocket and health, and the metrics port.
import { createServer } from "node:http";
import { join } from "node:path";
import { networkOf, openKeySetAuthority, readRelayTls } from "@cmdop/authority";
import {
  type Clock,
  Failure,
  type Random,
  randomBase62,
  Scope,
  systemClock,
  systemRandom,
} from "@cmdop/base";
import {
  type ControlClientOptions,
  createControlAuthority,
  createControlClient,
  type Edge,
  openEdge,
  readControlAccess,
} from "@cmdop/edge";
import { AgentService, OperatorService } from "@cmdop/protocol";
import {
  createGrpcServer,
  createHealth,
  createReflection,
  type TransportOptions,
} from "@cmdop/protocol/grpc";
import { serveMetrics } from "@cmdop/service";
import type { Logger } from "pino";
import { createControlEvents } from "./adapters/control/control-events.ts";
import { serveAttach } from "./adapters/grpc/attach.ts";
import { serveHome } from "./adapters/grpc/home.ts";
import { serveLink } from "./adapters/grpc/link.ts";
import { serveOperatorMethods } from "./adapters/grpc/operator-service.ts";
import { createHttpFront } from "./adapters/http/front.ts";
import { createRelayLog } from "./adapters/log/journal.ts";
import { createRegistry } from "./adapters/metrics/metrics.ts";
import { createAttachSockets } from "./adapters/websocket/attach-sockets.ts";
import type { RelayConfig } from "./config.ts";
import type { Limits } from "./core/limits.ts";
import { createRelayCore } from "./core/relay-core.ts";
import type { CoreStats } from "./core/requests.ts";
import { Counters } from "./counters.ts";
import { createHomeSecrets } from "./home-secrets.ts";
import type { RefusalLog } from "./relay-context.ts";
import { createServedCertificate } from "./served-certificate.ts";
import { createFrameCodec } from "./wire/frame-codec.ts";

export interface RelayOptions {
  readonly config: RelayConfig;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: Partial<Limits>;
  readonly transport?: TransportOptions;
}

export interface Relay {
  readonly relayId: string;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number | undefined;
  stats(): CoreStats;
  /** Asks all to move and resolves when they have, or their time is over. Then everything is closed. */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

/** The control plane gives up the machines of a relay that it has not heard of for 90 s. */
const announceAfterMs = 60_000;

/** The core's time moves in steps of this. */
const tickMs = 50;

/** Opens everything; when something fails, what was opened before it is closed again. */
export const openRelay = async (options: RelayOptions): Promise<Relay> => {
  const scope = new Scope();
  try {
    return await open(options, scope);
  } catch (error) {
    await scope.close();
    throw error;
  }
};

const open = async (options: RelayOptions, scope: Scope): Promise<Relay> => {
  const { config, log } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const counters = new Counters();
  const relayLog = createRelayLog(log, counters, () => clock.nowMs());
  const relayId = `rel_${randomBase62(22, random)}`;
  let isDraining = false;
  const isReady = (): boolean => !isDraining;

  const tls = await readRelayTls(config.dir);
  const local = await openKeySetAuthority(config.dir, {
    clock,
    random,
    events: {
      keySetReloaded: (keys) => log.info({ keys }, "keyset.reloaded"),
      keySetInvalid: (cause) => log.error({ err: cause }, "keyset.invalid"),
      revoked: (count) => log.info({ count }, "revocations.applied"),
      revocationMalformed: (line) => log.error({ line }, "revocations.malformed"),
      revocationsUnreadable: (cause) => log.error({ err: cause }, "revocations.unreadable"),
    },
  });
  const control = await readControlAccess(config.dir, config.controlUrl);
  const heard = (silentForMs: number): void => {
    if (silentForMs >= announceAfterMs) core.announce();
  };
  const edge = control && (await openControlEdge(control, { config, log, clock, random, heard }));
  if (edge) scope.add(() => edge.close());
  const authority = edge ? createControlAuthority({ edge, local, clock }) : local;
  scope.add(() => authority.close());
  const controlEvents = edge && createControlEvents({ clock, tell: (event) => edge.tell(event) });
  if (controlEvents) scope.add(() => controlEvents.close());
  edge?.tell({ kind: "edge", change: "started", atMs: Math.trunc(clock.wallMs()) });

  const core = createRelayCore({
    relayId,
    codec: createFrameCodec(counters),
    secrets: createHomeSecrets(random),
    random,
    journal: relayLog,
    catalogue: controlEvents,
    nowMs: clock.nowMs(),
    wallMs: clock.wallMs(),
    limits: limitsOf(config, options.limits),
  });
  scope.add(() => core.close());
  const revoked = (): void => {
    core.revoke((ids) => authority.isRevoked(ids));
    core.forgetMachines((key) =>
      authority.hasLeft(key) ? "left" : authority.isRevoked([key]) ? "unknown" : "there",
    );
  };
  scope.add(authority.onRevoked(revoked));

  const tick = (): void => {
    core.tick(clock.nowMs(), clock.wallMs());
    cancelTick = clock.after(tickMs, tick);
  };
  let cancelTick = clock.after(tickMs, tick);
  scope.add(() => cancelTick());

  const refusalLog: RefusalLog = {
    refused: (what, peer, failure) => {
      relayLog.refused(what, peer, failure);
      controlEvents?.refused(what, peer, failure);
    },
  };
  const context = { relayId, core, authority, clock, random, counters, log: refusalLog };
  const sockets = createAttachSockets({
    context,
    origins: config.origins,
    isReady,
    admitted: (socket) => grpc.authenticated(socket),
  });
  scope.add(() => sockets.close());
  const front = createHttpFront({ clock, isReady, upgrade: sockets.upgrade });
  scope.add(() => front.close());

  const proxies = new Set(config.proxies);
  const health = createHealth([AgentService.typeName, OperatorService.typeName]);
  const grpc = createGrpcServer({
    ...options.transport,
    clock,
    methods: new Map([
      serveLink(context),
      serveHome(context),
      serveAttach(context),
      ...serveOperatorMethods(context),
      ...health.methods,
      ...createReflection([AgentService, OperatorService, health.service]),
    ]),
    connectionsMax: config.connections,
    unauthenticated: {
      perCallerMax: config.unauthenticatedConnections,
      callerOf: (address) => {
        const network = networkOf(address);
        return proxies.has(address) || proxies.has(network) ? undefined : network;
      },
    },
    http1: front.http1,
    http2: front.http2,
    events: {
      internalError: (cause, path) => log.error({ err: cause, path }, "call.failed"),
      connectionRefused: (peer) => {
        const failure = new Failure("too_many_connections");
        relayLog.refused("connection", peer, failure);
        counters.fault(failure.code);
      },
    },
  });
  scope.add(() => grpc.close());

  const certificate = createServedCertificate({
    dir: config.dir,
    first: tls,
    serve: ({ certificatePem, keyPem }) => grpc.setTls({ cert: certificatePem, key: keyPem }),
    clock,
    log,
  });
  const registry = createRegistry({
    counters,
    stats: () => core.stats(),
    connections: () => grpc.connections,
    certificateLeftMs: () => certificate.leftMs(),
    edge: edge && (() => edge.stats()),
  });
  scope.add(() => registry.clear());
  const metrics =
    config.metricsPort === undefined
      ? undefined
      : await serveMetrics({
          server: createServer(),
          port: config.metricsPort,
          variable: "CMDOP_RELAY_METRICS_PORT",
          registry,
          isReady,
        });
  if (metrics) scope.add(() => metrics.close());

  const listener = await grpc
    .listen({ host: config.host, port: config.port, tls: { cert: tls.certificatePem, key: tls.keyPem } })
    .catch((error: unknown) => {
      throw nameTheVariable(error, config);
    });

  scope.add(certificate.watch());
  log.info(
    { relayId, host: listener.host, port: listener.port, metricsPort: metrics?.port },
    "relay.listening",
  );

  const close = async (): Promise<void> => {
    isDraining = true;
    await scope.close();
    log.info({ relayId }, "relay.closed");
  };

  const drain = async (): Promise<void> => {
    isDraining = true;
    log.info({ relayId, ...pick(core.stats()) }, "relay.draining");
    for (const name of ["", AgentService.typeName, OperatorService.typeName]) health.set(name, false);
    core.drain({ relays: config.moveTo, withinMs: config.drainMs });
    // Stops listening, so that the next process can take the port while the old streams still run.
    const streamsOver = grpc.drain();
    await untilDrained();
    await Promise.race([streamsOver, wait(500)]);
    await close();
  };

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.after(ms, resolve);
    });

  const untilDrained = async (): Promise<void> => {
    const endMs = clock.nowMs() + config.drainMs;
    while (!core.isDrained && clock.nowMs() < endMs) await wait(tickMs);
  };

  return {
    relayId,
    host: listener.host,
    port: listener.port,
    metricsPort: metrics?.port,
    stats: () => core.stats(),
    drain,
    close,
  };
};

/** Named in the log as they happen; a control plane that is away is no reason not to start. */
const openControlEdge = (
  control: ControlClientOptions,
  options: {
    readonly config: RelayConfig;
    readonly log: Logger;
    readonly clock: Clock;
    readonly random: Random;
    /** The control plane is heard again, after so long. */
    readonly heard: (silentForMs: number) => void;
  },
): Promise<Edge> => {
  const { config, log, clock, random, heard } = options;
  let silentSinceMs: number | undefined;
  return openEdge({
    plane: "relay",
    client: createControlClient(control),
    dir: join(config.dir, "edge"),
    clock,
    random,
    log: {
      stateCorrupt: (part) => log.error({ part }, "edge.copy_corrupt"),
      stateUnwritable: (part, cause) => log.error({ part, err: cause }, "edge.copy_unwritable"),
      revoked: (rows) => log.info({ count: rows.length, seq: rows.at(-1)?.seq }, "control.revoked"),
      keysWithdrawn: () => log.warn({}, "control.signing_keys_withdrawn"),
      feedBroken: (how, upTo) => log.error({ how, upTo }, "control.feed_broken"),
      silent: (isSilent) => {
        log.warn({ isSilent }, "control.silent");
        if (isSilent) silentSinceMs = clock.nowMs();
        else if (silentSinceMs !== undefined) heard(clock.nowMs() - silentSinceMs);
      },
      torn: (bytes) => log.warn({ bytes }, "outbox.torn"),
      diskFailed: (cause) => log.error({ err: cause }, "outbox.disk_failed"),
      refused: (numbers) => log.error({ numbers }, "outbox.refused"),
      witnessed: (size) => log.debug({ size }, "audit.witnessed"),
      witnessRefused: (alarm, sizes) => log.error({ alarm, ...sizes }, "audit.witness_refused"),
      witnessUnwritable: (cause) => log.error({ err: cause }, "audit.witness_unwritable"),
    },
  });
};

const pick = ({ links, attachments, liveSessions }: CoreStats) => ({ links, attachments, liveSessions });

const limitsOf = (config: RelayConfig, overrides: Partial<Limits> | undefined): Partial<Limits> => ({
  ...(config.attachmentsPerSession === undefined
    ? {}
    : { attachmentsPerSession: config.attachmentsPerSession }),
  ...(config.liveSessionsPerMachine === undefined
    ? {}
    : { liveSessionsPerMachine: config.liveSessionsPerMachine }),
  ...(config.links === undefined ? {} : { links: config.links }),
  ...overrides,
});

const nameTheVariable = (error: unknown, config: RelayConfig): unknown =>
  error instanceof Failure && error.code === "port_in_use"
    ? new Failure(
        "port_in_use",
        `Port ${config.port} on ${config.host} is in use: stop what uses it, or choose another with CMDOP_RELAY_PORT.`,
        { cause: error },
      )
    : error;
