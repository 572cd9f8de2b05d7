// A relay as whoever opens a session meets it: the real protocol over TLS, and nothing runs in what it opens.
import { newSessionId } from "@cmdop/base";
import {
  Machine_Presence,
  type OpenSessionRequest,
  OperatorService,
  Role,
  RouteState,
  SessionKind,
} from "@cmdop/protocol";
import { createGrpcServer, type GrpcServer, metadataText, serveUnary } from "@cmdop/protocol/grpc";
import { createTestCertificates } from "./certificates.ts";

export interface FakeOpening {
  readonly token: string;
  readonly request: OpenSessionRequest;
}

export class FakeOperatorRelay {
  /** "host:port" */
  readonly address: string;
  /** Of its certificate's authority. */
  readonly caPin: string;
  /** Every request, in order. */
  readonly openings: readonly FakeOpening[];
  readonly #server: GrpcServer;

  private constructor(fields: {
    readonly port: number;
    readonly caPin: string;
    readonly openings: readonly FakeOpening[];
    readonly server: GrpcServer;
  }) {
    this.address = `127.0.0.1:${fields.port}`;
    this.caPin = fields.caPin;
    this.openings = fields.openings;
    this.#server = fields.server;
  }

  /** `machineId`: the one that every session is opened on. */
  static async start({ machineId = "mch_fake" } = {}): Promise<FakeOperatorRelay> {
    const { cert, key, caPin } = await createTestCertificates();
    const openings: FakeOpening[] = [];
    /** By idempotency key. */
    const sessions = new Map<string, string>();
    const server = createGrpcServer({
      methods: new Map([
        serveUnary(OperatorService.method.listMachines, () => ({
          machines: [{ machineId, name: "fake", presence: Machine_Presence.ONLINE }],
        })),
        serveUnary(OperatorService.method.openSession, (request, call) => {
          openings.push({ token: metadataText(call.metadata, "authorization") ?? "", request });
          const sessionId = sessions.get(request.idempotencyKey) ?? newSessionId();
          sessions.set(request.idempotencyKey, sessionId);
          return {
            session: {
              sessionId,
              machineId,
              machineName: request.machine,
              kind: request.spec?.kind ?? SessionKind.TERMINAL,
              name: request.spec?.name || "shell",
              state: RouteState.LIVE,
            },
            ticket: { token: "none", sessionId, role: Role.OPERATOR, expiresAtMs: 0n },
          };
        }),
      ]),
    });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0, tls: { cert, key } });
    return new FakeOperatorRelay({ port, caPin, openings, server });
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
