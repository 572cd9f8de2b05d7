import { assertLinkIdentity, leavingKey, type MachineGrant, revocationKeys } from "@cmdop/authority";
import { Failure, toFailure } from "@cmdop/base";
import {
  AgentService,
  decodeMessage,
  type LinkUp,
  LinkUpSchema,
  limits,
  type Register,
} from "@cmdop/protocol";
import { type Method, type ServerCall, serveStream } from "@cmdop/protocol/grpc";
import type { LinkOrder } from "../../core/frames.ts";
import type { LinkHandle, LinkSink } from "../../ports.ts";
import { firstMessageMs, type RelayContext } from "../../relay-context.ts";
import {
  encodeLinkDown,
  encodeOrder,
  fromOrderResult,
  fromRegisteredSessions,
  fromReport,
} from "../../wire/link-frames.ts";
import { fromFacts, fromHeartbeat } from "../../wire/parties.ts";
import { bearerToken } from "./bearer.ts";

const nonceBytes = 32;

/** AgentService/Link: token in the metadata, challenge down, register up; then heartbeats, reports and orders. */
export const serveLink = (context: RelayContext): [path: string, method: Method] =>
  serveStream(
    AgentService.method.link,
    async (call) => {
      try {
        const grant = await context.authority.verify("machine", bearerToken(call.metadata));
        if (call.signal.aborted) return;
        call.authenticated();
        new LinkStream(context, call, grant).start();
      } catch (cause) {
        const failure = toFailure(cause);
        context.log.refused("link", call.peer.address, failure);
        context.counters.fault(failure.code);
        call.fail(failure);
      }
    },
    { unauthenticatedBytesMax: limits.unauthenticatedBytesMax },
  );

class LinkStream {
  readonly #context: RelayContext;
  readonly #call: ServerCall;
  readonly #grant: MachineGrant;
  /** Used once: taken away by the first register, whatever comes of it. */
  #nonce: Uint8Array | undefined;
  #handle: LinkHandle | undefined;
  /** Orders given before the agent was told that it is registered. */
  #early: LinkOrder[] | undefined = [];
  #isOver = false;
  #cancelTimer: () => void = () => undefined;

  constructor(context: RelayContext, call: ServerCall, grant: MachineGrant) {
    this.#context = context;
    this.#call = call;
    this.#grant = grant;
  }

  start(): void {
    this.#nonce = this.#context.random.bytes(nonceBytes);
    this.#cancelTimer = this.#context.clock.after(firstMessageMs, () => {
      if (!this.#handle) this.#fail(new Failure("timed_out", "The register message did not come in time."));
    });
    this.#call.handle({
      message: (message) => this.#message(message),
      end: () => {
        this.#closed();
        this.#call.finish();
      },
      close: () => this.#closed(),
    });
    this.#call.sendFramed(
      encodeLinkDown({ case: "challenge", value: { nonce: this.#nonce, relayId: this.#context.relayId } }),
    );
  }

  #message(message: Buffer): void {
    if (this.#isOver) return;
    this.#context.counters.bytesIn += message.length;
    try {
      const { body } = decodeMessage(LinkUpSchema, message);
      if (this.#handle) this.#receive(this.#handle, body);
      else if (body.case === "register") this.#register(body.value);
      else throw new Failure("unexpected_message", "The first message of a link is register.");
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #register(register: Register): void {
    const nonce = this.#nonce;
    this.#nonce = undefined;
    if (!nonce) throw new Failure("identity_unproven");
    const { relayId, core, authority } = this.#context;
    const grant = this.#grant;
    assertLinkIdentity(grant, {
      publicKey: register.publicKey,
      signature: register.signature,
      relayId,
      nonce,
    });
    const ids = revocationKeys(grant);
    if (authority.isRevoked(ids)) throw new Failure("token_revoked");
    const handle = core.link(
      {
        fleet: grant.fleet,
        machineId: grant.machineId,
        name: grant.machineName,
        facts: fromFacts(register.facts),
        sessions: fromRegisteredSessions(register),
        credential: { ids, limitMs: undefined },
        leavingKey: leavingKey(grant),
      },
      this.#sink(),
    );
    if (handle instanceof Failure) throw handle;
    this.#handle = handle;
    this.#cancelTimer();
    this.#call.sendFramed(
      encodeLinkDown({
        case: "registered",
        value: {
          machineId: grant.machineId,
          machineName: grant.machineName,
          heartbeatIntervalMs: core.limits.heartbeatIntervalMs,
          relayId,
        },
      }),
    );
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const order of early) this.#order(order);
  }

  #receive(handle: LinkHandle, body: LinkUp["body"]): void {
    switch (body.case) {
      case undefined:
        return;
      case "heartbeat":
        handle.heartbeat(fromHeartbeat(body.value));
        return;
      case "sessionReport": {
        const { sessions, forgotten } = fromReport(body.value);
        handle.report(sessions, forgotten);
        return;
      }
      case "orderResult": {
        const { orderId, failure } = fromOrderResult(body.value);
        handle.orderResult(orderId, failure);
        return;
      }
      case "goodbye":
        handle.goodbye();
        return;
      case "register":
        throw new Failure("unexpected_message", "A link registers once.");
    }
  }

  #sink(): LinkSink {
    const call = this.#call;
    return {
      get bufferedBytes() {
        return call.bufferedBytes;
      },
      send: (order) => {
        if (this.#early) this.#early.push(order);
        else this.#order(order);
      },
      end: (failure) => this.#end(failure),
    };
  }

  #order(order: LinkOrder): void {
    this.#call.sendFramed(encodeOrder(order));
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    const failure = toFailure(cause);
    this.#context.log.refused("link", this.#call.peer.address, failure);
    this.#closed();
    this.#end(failure);
  }

  #end(failure: Failure | undefined): void {
    if (failure === undefined) {
      this.#call.finish();
      return;
    }
    this.#context.counters.fault(failure.code);
    this.#call.sendFramed(
      encodeLinkDown({
        case: "fault",
        value: { code: failure.code, text: failure.message, retryAfterMs: failure.retryAfterMs ?? 0 },
      }),
    );
    this.#call.fail(failure);
  }

  #closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    this.#handle?.closed();
  }
}
