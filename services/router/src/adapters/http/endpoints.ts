// The endpoints that callers' models are asked through, from a request's headers to the end of its answer. The library
// that found the route has given the reply away: its ways for a body and an answer cost as much as all of the rest.
import type { Clock } from "@cmdop/base";
import type { FastifyReply, FastifyRequest } from "fastify";
import { overBytes } from "../../core/key-limits.ts";
import type { Limits } from "../../core/limits.ts";
import type { Protocol } from "../../core/protocol.ts";
import { type Refusal, refuse } from "../../core/refusals.ts";
import type { AnswerShare } from "../../gateway/answer-room.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Caller, Tracing, Verdict } from "../../ports.ts";
import { toCall } from "./calls.ts";
import { isKnownMediaType, readBody } from "./request-body.ts";
import { headerOf, nameIn, patienceOf } from "./request-headers.ts";
import { aboutHeaders, refusalHeaders, sendStream, sendWhole } from "./responses.ts";

export type Admitted = Extract<Verdict, { kind: "caller" }>;

export interface Leaving {
  /** Aborted when the caller leaves, or when the router closes. */
  readonly signal: AbortSignal;
  readonly abort: () => void;
  readonly share: AnswerShare;
}

export interface EndpointOptions {
  readonly gateway: Gateway;
  readonly tracing: Tracing | undefined;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: {
    refused(refusal: { readonly requestId: string; readonly refusal: Refusal }): void;
    failed(failure: { readonly requestId: string; readonly cause: unknown }): void;
  };
  admit(request: FastifyRequest, reply: FastifyReply): Promise<Admitted | Refusal>;
  leaving(reply: FastifyReply, caller: Caller): Leaving;
}

interface Received {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly body: Uint8Array;
  readonly caller: Caller;
}

export type Endpoints = (protocol: Protocol, request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export const createEndpoints = (options: EndpointOptions): Endpoints => {
  const { limits, clock } = options;

  /** One request of an endpoint, from its headers to the end of its answer. Never rejects. */
  const serve = async (protocol: Protocol, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const refuseIt = (refusal: Refusal): void => {
      options.log.refused({ requestId: request.id, refusal });
      const { status } = refusal;
      const body = protocol.toErrorBody(refusal);
      sendWhole(reply, { status, headers: refusalHeaders(refusal), body }, limits.readerStallMs);
    };
    try {
      const admitted = await options.admit(request, reply);
      if (admitted.kind === "refusal") return refuseIt(admitted);
      if (!isKnownMediaType(request.raw)) return refuseIt(refuse("unsupported_media_type"));
      const { requestBytes } = limits;
      const ownBytes = admitted.caller.limits?.requestBytes ?? requestBytes;
      const body = await readBody(request.raw, Math.min(ownBytes, requestBytes));
      if (body.kind === "gone") return;
      if (body.kind === "too-large") {
        // The rest of it may still come.
        reply.header("connection", "close");
        return refuseIt(ownBytes < requestBytes ? overBytes(ownBytes) : refuse("request_too_large"));
      }
      const refusal = await answer(protocol, { request, reply, body: body.bytes, caller: admitted.caller });
      if (refusal) refuseIt(refusal);
    } catch (cause) {
      options.log.failed({ requestId: request.id, cause });
      if (reply.raw.headersSent) reply.raw.destroy();
      else refuseIt(refuse("internal"));
    }
  };

  /** Undefined: it was answered, or nobody is there any more. */
  const answer = async (
    protocol: Protocol,
    { request, reply, body, caller }: Received,
  ): Promise<Refusal | undefined> => {
    const call = toCall(protocol, { headers: request.headers, body });
    if (call.kind === "refusal") return call;
    const { signal, abort, share } = options.leaving(reply, caller);
    const result = await options.gateway.answer({
      requestId: request.id,
      caller,
      machineId: nameIn(request, "x-cmdop-machine"),
      call: call.call,
      signal,
      patienceMs: patienceOf(request),
      share,
      trace: options.tracing?.begin({
        requestId: request.id,
        endpoint: protocol.name,
        model: call.call.model,
        traceparent: headerOf(request, "traceparent"),
        tracestate: headerOf(request, "tracestate"),
      }),
    });
    switch (result.kind) {
      case "refusal":
        return result;
      case "gone":
        reply.raw.destroy();
        return undefined;
      case "plain":
        sendWhole(
          reply,
          { status: 200, headers: aboutHeaders(result), body: result.body },
          limits.readerStallMs,
        );
        return undefined;
      case "stream":
        await sendStream(reply, result, { clock, limits, signal, abort });
        return undefined;
    }
  };

  return serve;
};
