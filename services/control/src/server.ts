// Wires one control plane: its database, the operations, and three listeners: for people and programs, for edges, and
// for whoever has its directory.
import type { MintContext } from "@cmdop/authority";
import { type Clock, Failure, newId, type Random, Scope, systemClock, systemRandom } from "@cmdop/base";
import type { Logger } from "pino";
import { createAuthenticator } from "./adapters/http/authenticator.ts";
import { type ControlAppOptions, createControlApp } from "./adapters/http/control-app.ts";
import { openListener } from "./adapters/http/listener.ts";
import { type LocalSocket, openLocalSocket } from "./adapters/http/local-socket.ts";
import { createRateLimits, type RateLimits } from "./adapters/http/rate-limits.ts";
import { createInternalApp } from "./adapters/internal/internal-app.ts";
import { RevocationStreams } from "./adapters/internal/revocation-stream.ts";
import { createOpenidProviders } from "./adapters/oidc/openid-providers.ts";
import { createWebauthnPasskeys } from "./adapters/passkeys/webauthn-passkeys.ts";
import { createArgon2Passwords } from "./adapters/passwords/argon2-passwords.ts";
import type { EmbeddedEngine } from "./adapters/postgres/embedded/embedded-engine.ts";
import { migrate } from "./adapters/postgres/migrations.ts";
import { openDatabase } from "./adapters/postgres/open-database.ts";
import { createRelayCommandRunner } from "./adapters/relay/relay-command-runner.ts";
import { createSessionDesk } from "./adapters/relay/session-desk.ts";
import { createAesSealer } from "./adapters/sealing/aes-sealer.ts";
import { createOtpauthCodes } from "./adapters/totp/otpauth-codes.ts";
import type { ControlConfig } from "./config.ts";
import { createEventStreams } from "./events/event-streams.ts";
import { openControlHome } from "./home.ts";
import { noMeasures } from "./measures.ts";
import { operations } from "./operations.ts";
import type { CommandRunner, Passwords } from "./ports.ts";
import { publicUrlOf } from "./public-url.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import type { Services } from "./services.ts";
import { createDenialLog } from "./store/audit/denial-log.ts";
import { openChangeFeed } from "./store/change-feed.ts";
import { openRevocationLog } from "./store/edges/revocation-log.ts";
import { createRequestDigest } from "./store/idempotency.ts";
import { createDevicePolls } from "./store/identity/device-grants.ts";
import { hasOwner } from "./store/identity/owners.ts";
import { createSignInThrottle } from "./store/identity/sign-in-throttle.ts";
import { createCredentialUses } from "./store/keys/credential-uses.ts";
import { openSigningKeys } from "./store/keys/signing-keys.ts";
import { createPageMarks } from "./store/pages.ts";
import { resealSecrets } from "./store/reseal-secrets.ts";
import type { Schema } from "./store/schema.ts";
import { UnitOfWork } from "./store/unit-of-work.ts";
import { openAuditLog } from "./wiring/audit.ts";
import { startCertificateUpkeep } from "./wiring/certificate.ts";
import { createLiveExport } from "./wiring/live-export.ts";
import { createMachineServices } from "./wiring/machines.ts";
import { createMetrics } from "./wiring/metrics.ts";
import { startSweeps } from "./wiring/sweeps.ts";
import { startUpkeep } from "./wiring/upkeep.ts";
import { openWebhooks } from "./wiring/webhooks.ts";

export interface ControlOptions {
  readonly config: ControlConfig;
  /** PostgreSQL; undefined: the embedded database. */
  readonly databaseUrl?: string | undefined;
  /** The embedded database's engine, where it was begun in the configuration's directory; closed with this. */
  readonly engine?: EmbeddedEngine | undefined;
  /** In place of the file sealing.key (CMDOP_CONTROL_SEALING_KEYS); a secret, so no part of the configuration. */
  readonly sealingKeys?: string | undefined;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** The version of the process's tz data. */
  readonly tzData?: string;
  /** What carries schedules out; default: the relays of the configuration. */
  readonly commandRunner?: CommandRunner;
  /** Default: at production's cost. */
  readonly passwords?: Passwords | undefined;
  /** Default: counted in this process. */
  readonly rateLimits?: RateLimits;
}

export interface Control {
  readonly host: string;
  readonly port: number;
  /** For edges. */
  readonly internalPort: number;
  /** What clients pin. */
  readonly caPin: string;
  /** On loopback; undefined: none. */
  readonly metricsPort: number | undefined;
  readonly engine: "postgres" | "pglite";
  readonly services: Services;
  /** Whether there was an owner at the start. */
  readonly isClaimed: boolean;
  /** Takes no new request, answers the running ones, closes everything. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const connectionsMax = 10_000;

/** Opens everything; when something fails, what was opened before it is closed again. */
export const openControl = async (options: ControlOptions): Promise<Control> => {
  const scope = new Scope();
  try {
    return await open(options, scope);
  } catch (error) {
    await scope.close();
    throw error;
  }
};

const open = async (options: ControlOptions, scope: Scope): Promise<Control> => {
  const { config, log, engine } = options;
  scope.add(() => engine?.close());
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  let isDraining = false;
  let publicUrl = publicUrlOf(config, config.port);

  const home = await openControlHome(config.dir, {
    names: config.names,
    auditName: new URL(publicUrl).hostname,
    sealingKeys: options.sealingKeys,
  });
  const database = await openDatabase<Schema>(
    options.databaseUrl ? { url: options.databaseUrl } : engine ? { engine } : { dir: home.dataDir },
  );
  scope.add(() => database.close());
  await migrate(database);
  startUpkeep(scope, { database, clock, log, historyMs: config.historyMs });

  const unitOfWork = new UnitOfWork(database, clock);
  const uses = createCredentialUses({
    database,
    clock,
    failed: (cause) => log.error({ err: cause }, "uses.failed"),
  });
  scope.add(() => uses.close());
  const denials = createDenialLog({
    unitOfWork,
    nowMs: () => clock.nowMs(),
    failed: (cause) => log.error({ err: cause }, "denials.failed"),
  });
  scope.add(() => denials.flush());
  const auditLog = await openAuditLog({ config, unitOfWork, clock, home, log });
  scope.add(() => auditLog.close());
  const revocations = await openRevocationLog({
    database,
    clock,
    failed: (cause) => log.error({ err: cause }, "revocations.failed"),
  });
  scope.add(() => revocations.close());
  unitOfWork.onRevoked((rows) => revocations.committed(rows));
  const feed = await openChangeFeed(database);
  scope.add(() => feed.close());
  const eventStreams = createEventStreams({ feed, revocations, unitOfWork, clock });
  const sealer = createAesSealer(home.sealingKeys, random);
  const { resealed, unopened } = await resealSecrets(unitOfWork, sealer, newId("req", random));
  if (resealed > 0) log.info({ resealed }, "secrets.resealed");
  if (unopened > 0) log.warn({ unopened }, "secrets.unopened");
  const signingKeys = await openSigningKeys({
    database,
    unitOfWork,
    sealer,
    clock,
    first: home.firstSigningKey,
    revocations,
    failed: (cause) => log.error({ err: cause }, "signing_keys.failed"),
  });
  scope.add(() => signingKeys.close());
  const mint: MintContext = {
    get signer() {
      return signingKeys.current();
    },
    clock,
    random,
  };
  const services: Services = {
    clock,
    random,
    unitOfWork,
    pageMarks: createPageMarks(home.pageKey),
    requestDigest: createRequestDigest(home.pageKey),
    passwords: options.passwords ?? createArgon2Passwords(),
    denials,
    oidcProviders: createOpenidProviders(),
    auditLog,
    passkeys: createWebauthnPasskeys({ name: "cmdop", publicUrl: () => publicUrl }),
    totpCodes: createOtpauthCodes("cmdop"),
    devicePolls: createDevicePolls({ database, clock }),
    signInThrottle: createSignInThrottle({ database, clock }),
    sealer,
    addresses: { publicUrl: () => publicUrl },
    ...createMachineServices({ config, home, mint, random }),
    eventStreams,
    liveExport: createLiveExport(database, config.dir),
    sessionDesk: createSessionDesk({ ...config, mint, clock, random }),
    webhookRanges: config.webhookRanges,
  };

  const webhooks = await openWebhooks({ config, database, services, log });
  scope.add(() => webhooks.close());
  startSweeps(scope, { unitOfWork, clock, log, machineTokenMs: config.machineTokenMs });

  const metrics = createMetrics(config.metricsPort);
  let socket: LocalSocket | undefined;
  const app = await createControlApp({
    operations,
    services,
    authenticator: createAuthenticator({ unitOfWork, uses, wallMs: () => clock.wallMs() }),
    rateLimits: options.rateLimits ?? createRateLimits(),
    isLocal: (raw) => socket?.isLocal(raw) ?? false,
    isReady: () => !isDraining,
    measures: metrics.measures,
    failed: (cause, requestId) => log.error({ err: cause, requestId }, "request.failed"),
  });
  await app.ready();
  scope.add(() => app.close());
  const listener = await openListener({
    host: config.host,
    port: config.port,
    tls: home.tls,
    handle: app.routing,
    connectionsMax,
  }).catch((error: unknown) => {
    throw nameTheVariable(error, "CMDOP_CONTROL_PORT");
  });
  scope.add(() => listener.close());
  // Before the listener: it waits for what is open.
  scope.add(() => eventStreams.close());
  publicUrl = publicUrlOf(config, listener.port);

  const revocationStreams = new RevocationStreams({ revocations, wallMs: () => clock.wallMs() });
  const internalApp = createInternalApp({
    unitOfWork,
    sealer: services.sealer,
    uses,
    revocationStreams,
    keySet: () => signingKeys.published(),
    auditVerifierKey: auditLog.verifierKey,
    measures: metrics.measures,
    wallMs: () => clock.wallMs(),
    failed: (cause, requestId) => log.error({ err: cause, requestId }, "internal.failed"),
  });
  await internalApp.ready();
  scope.add(() => internalApp.close());
  const internal = await openListener({
    host: config.internalHost,
    port: config.internalPort,
    tls: home.tls,
    handle: internalApp.routing,
    connectionsMax,
  }).catch((error: unknown) => {
    throw nameTheVariable(error, "CMDOP_CONTROL_INTERNAL_PORT");
  });
  scope.add(() => internal.close());
  // Before the listener, as above.
  scope.add(() => revocationStreams.close());
  const certificate = startCertificateUpkeep(scope, {
    dir: config.dir,
    names: config.names,
    first: home.tls,
    listeners: [listener, internal],
    clock,
    log,
  });

  const scheduler = new Scheduler({
    database,
    unitOfWork,
    runner:
      options.commandRunner ??
      createRelayCommandRunner({
        relays: config.relays,
        caPin: config.relayCaPin,
        mint,
        clock,
        random,
      }),
    clock,
    random,
    holder: newId("prc", random),
    tzData: options.tzData ?? "",
    failed: (cause, runId) => log.error({ err: cause, runId }, "scheduler.failed"),
  });
  await scheduler.start();
  scope.add(() => scheduler.close());

  const shown = await metrics.listen({
    database,
    unitOfWork,
    revocations,
    revocationStreams,
    certificate,
    clock,
    isReady: () => !isDraining,
  });
  scope.add(() => shown?.close());

  socket = await openLocalSocket(home.socket, app.routing);
  scope.add(() => socket?.close());
  log.info(
    { host: listener.host, port: listener.port, internalPort: internal.port, engine: database.engine },
    "control.listening",
  );
  const isClaimed = await unitOfWork.read("all", hasOwner);
  if (!isClaimed) log.warn({}, "control.unclaimed");

  const close = async (): Promise<void> => {
    isDraining = true;
    await scope.close();
    log.info({}, "control.closed");
  };
  return {
    host: listener.host,
    port: listener.port,
    internalPort: internal.port,
    caPin: home.tls.pin,
    metricsPort: shown?.port,
    engine: database.engine,
    services,
    isClaimed,
    drain: async () => {
      log.info({}, "control.draining");
      await close();
    },
    close,
  };
};

const nameTheVariable = (error: unknown, variable: string): unknown =>
  error instanceof Failure && error.code === "port_in_use"
    ? new Failure("port_in_use", `${error.message} Stop what uses it, or choose another with ${variable}.`, {
        cause: error,
      })
    : error;

/** The OpenAPI document alone: nothing is opened. */
export const createApiDocument = async (): Promise<unknown> => {
  const app = await createControlApp({
    operations,
    // No request comes: only the routes' descriptions are read.
    ...({} as Pick<ControlAppOptions, "services" | "authenticator" | "rateLimits" | "isLocal">),
    isReady: () => false,
    measures: noMeasures,
    failed: () => undefined,
  });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
};
