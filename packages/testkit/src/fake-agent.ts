// An agent that speaks the real protocol to a real relay, with its sessions in memory and knobs for what a real one
// would do wrong.
import { type KeyObject, randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { rawPublicKey, signLinkProof } from "@cmdop/authority";
import { Failure, type FailureCode } from "@cmdop/base";
import {
  AgentService,
  decodeMessage,
  encodeFramed,
  type LinkDown,
  LinkDownSchema,
  LinkUpSchema,
  type MachineFactsSchema,
  type OpenOrder,
} from "@cmdop/protocol";
import {
  type ChannelTls,
  type ClientCall,
  fromCallStatus,
  type Channel as GrpcChannel,
  openChannel,
  pathOf,
  toMetadata,
} from "@cmdop/protocol/grpc";
import { type FakeHome, FakeSession } from "./fake-session.ts";

export interface FakeAgentKnobs {
  /** Orders are carried out and answered. */
  answersOrders: boolean;
  /** Homes are opened when ordered. */
  opensHomes: boolean;
  /** OpenOrders are refused with this code. */
  refusesToOpen: FailureCode | undefined;
}

export interface FakeAgentOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: ChannelTls;
  /** The machine's token, and the key that it is bound to. */
  readonly token: string;
  readonly key: KeyObject;
  readonly facts?: MessageInitShape<typeof MachineFactsSchema>;
  readonly sessions?: readonly FakeSession[];
  readonly knobs?: Partial<FakeAgentKnobs>;
  /** Changes the register message before it is sent: to prove the wrong key, to replay a proof. */
  readonly register?: (
    register: RegisterInit,
    challenge: { readonly nonce: Uint8Array; readonly relayId: string },
  ) => RegisterInit;
}

type LinkUpBody = Exclude<MessageInitShape<typeof LinkUpSchema>["body"], undefined>;
export type RegisterInit = Extract<LinkUpBody, { case: "register" }>["value"];
type LinkDownBody = LinkDown["body"];

export class FakeAgent {
  readonly sessions = new Map<string, FakeSession>();
  /** Every message of the relay on the link, in order. */
  readonly received: LinkDownBody[] = [];
  readonly knobs: FakeAgentKnobs;
  /** How the link ended: undefined for an end without a failure. */
  readonly closed: Promise<Failure | undefined>;
  readonly machineId: string;
  readonly #channel: GrpcChannel;
  readonly #link: ClientCall;
  readonly #homeCalls = new Set<ClientCall>();

  private constructor(options: FakeAgentOptions, channel: GrpcChannel, link: ClientCall, machineId: string) {
    this.#channel = channel;
    this.#link = link;
    this.machineId = machineId;
    this.knobs = { answersOrders: true, opensHomes: true, refusesToOpen: undefined, ...options.knobs };
    for (const session of options.sessions ?? []) this.sessions.set(session.sessionId, session);
    this.closed = link.status.then((status) => (status.code === "OK" ? undefined : fromCallStatus(status)));
  }

  /** Dials, proves and registers. Rejects with the relay's Failure. */
  static async link(options: FakeAgentOptions): Promise<FakeAgent> {
    const channel = await openChannel({ address: options.address, tls: options.tls });
    const call = channel.open(pathOf(AgentService.method.link), {
      metadata: toMetadata({ authorization: `Bearer ${options.token}` }),
    });
    try {
      return await new Promise<FakeAgent>((resolve, reject) => {
        let agent: FakeAgent | undefined;
        const early: LinkDownBody[] = [];
        call.handle({
          message: (message) => {
            const { body } = decodeMessage(LinkDownSchema, message);
            if (agent) agent.#receive(body);
            else if (body.case === "challenge") {
              call.sendFramed(
                encodeFramed(LinkUpSchema, {
                  body: { case: "register", value: toRegister(options, body.value) },
                }),
              );
            } else if (body.case === "registered") {
              agent = new FakeAgent(options, channel, call, body.value.machineId);
              for (const earlier of [...early, body]) agent.#receive(earlier);
              resolve(agent);
            } else early.push(body);
          },
          close: (status) =>
            reject(status.code === "OK" ? new Failure("connection_lost") : fromCallStatus(status)),
        });
      });
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  /** A session that exists already; `report()` tells the relay. */
  host(session: FakeSession): FakeSession {
    this.sessions.set(session.sessionId, session);
    return session;
  }

  session(sessionId: string): FakeSession {
    const session = this.sessions.get(sessionId);
    if (!session) throw new Error(`the fake agent has no session ${sessionId}`);
    return session;
  }

  report(...sessions: readonly FakeSession[]): void {
    this.send({
      case: "sessionReport",
      value: { sessions: sessions.map((session) => session.hosted()), forgotten: [] },
    });
  }

  heartbeat(): void {
    this.send({ case: "heartbeat", value: { atMs: BigInt(Date.now()), sessions: this.sessions.size } });
  }

  goodbye(): void {
    this.send({ case: "goodbye", value: { reason: "stopping" } });
  }

  send(body: LinkUpBody): void {
    this.#link.sendFramed(encodeFramed(LinkUpSchema, { body }));
  }

  /** Bytes as they are on the link: for malformed messages. */
  sendRaw(message: Uint8Array): void {
    this.#link.send(message);
  }

  /** Ends every Home of a session, as when its stream breaks. */
  dropHomes(): void {
    for (const call of [...this.#homeCalls]) call.cancel();
  }

  /** Opens a Home by hand; resolves when it is open, rejects with the relay's Failure. */
  openHome(session: FakeSession, homeToken: string): ClientCall {
    const call = this.#channel.open(pathOf(AgentService.method.home), {
      metadata: toMetadata({ authorization: `Bearer ${homeToken}`, "cmdop-session": session.sessionId }),
    });
    this.#homeCalls.add(call);
    const home: FakeHome = { send: (framed) => void call.sendFramed(framed), acked: 0 };
    call.handle({
      message: (message) => session.receive(home, message),
      close: () => {
        this.#homeCalls.delete(call);
        session.removeHome(home);
      },
    });
    session.addHome(home);
    return call;
  }

  /** Closes link and homes in order. */
  async close(): Promise<void> {
    await this.#channel.close();
  }

  #receive(body: LinkDownBody): void {
    this.received.push(body);
    if (!this.knobs.answersOrders) return;
    switch (body.case) {
      case "open":
        this.#open(body.value);
        return;
      case "home": {
        const session = this.sessions.get(body.value.sessionId);
        if (session && this.knobs.opensHomes) this.openHome(session, body.value.homeToken);
        this.#answer(body.value.orderId, session ? undefined : "session_not_found");
        return;
      }
      case "close": {
        const session = this.sessions.get(body.value.sessionId);
        session?.close();
        if (session?.hasEnded) this.report(session);
        if (session && body.value.forget) {
          this.sessions.delete(session.sessionId);
          this.send({ case: "sessionReport", value: { forgotten: [session.sessionId] } });
        }
        this.#answer(body.value.orderId, session ? undefined : "session_not_found");
        return;
      }
      default:
        return;
    }
  }

  #open(order: OpenOrder): void {
    if (this.knobs.refusesToOpen !== undefined) {
      this.#answer(order.orderId, this.knobs.refusesToOpen);
      return;
    }
    const { spec } = order;
    const session = this.host(
      new FakeSession({
        sessionId: order.sessionId,
        ...(spec === undefined
          ? {}
          : {
              kind: spec.kind,
              name: spec.name,
              argv: spec.argv,
              cwd: spec.cwd,
              ...(spec.cols > 0 ? { cols: spec.cols, rows: spec.rows } : {}),
              resizePolicy: spec.resizePolicy,
              openedBy: spec.openedBy,
            }),
      }),
    );
    if (this.knobs.opensHomes) this.openHome(session, order.homeToken);
    this.#answer(order.orderId, undefined);
    this.report(session);
  }

  #answer(orderId: bigint, code: FailureCode | undefined): void {
    this.send({
      case: "orderResult",
      value: {
        orderId,
        ...(code === undefined ? {} : { fault: { code, text: new Failure(code).message } }),
      },
    });
  }
}

const toRegister = (
  options: FakeAgentOptions,
  challenge: { readonly nonce: Uint8Array; readonly relayId: string },
): RegisterInit => {
  const register: RegisterInit = {
    publicKey: rawPublicKey(options.key),
    signature: signLinkProof(options.key, challenge.relayId, challenge.nonce),
    facts: {
      hostname: "fake.example.org",
      platform: "linux",
      arch: "x64",
      osVersion: "1",
      agentVersion: "0.1.0",
      username: "fake",
      shell: "/bin/sh",
      cpus: 2,
      homeDir: "/home/fake",
      ...options.facts,
    },
    sessions: (options.sessions ?? []).map((session) => session.hosted()),
  };
  return options.register ? options.register(register, challenge) : register;
};

/** 16 random bytes: the stream that a client numbers its inputs in. */
export const newInputStream = (): Uint8Array => new Uint8Array(randomBytes(16));
