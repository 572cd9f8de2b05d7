// What is answered to requests that never become one: Fastify and Node would answer them in shapes of their own.
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Refusal, type RefusalCode, refuse, toErrorBody } from "../../core/refusals.ts";
import { sendRefusal } from "./responses.ts";

export interface BrokenRequestOptions {
  readonly newRequestId: () => string;
  readonly refused: (refused: { readonly requestId: string; readonly refusal: Refusal }) => void;
}

/** By the codes of Node's HTTP parser and server. */
const rows: Readonly<Record<string, RefusalCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
  HPE_HEADER_OVERFLOW: "headers_too_large",
};

const toBrokenRefusal = (error: unknown): Refusal => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return refuse(rows[code] ?? "invalid_http");
};

/** Of Fastify, for what fails before a route is found. No hook has run. */
export const answerUnrouted =
  ({ refused }: BrokenRequestOptions) =>
  (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = refuse("unknown_url");
    refused({ requestId: request.id, refusal });
    sendRefusal(reply.header("x-request-id", request.id), refusal, toErrorBody);
  };

/** Of Node, for what is no HTTP, or does not come in time. There is a socket and nothing else. */
export const answerBroken =
  ({ newRequestId, refused }: BrokenRequestOptions) =>
  (error: Error, socket: Socket): void => {
    if (socket.destroyed) return;
    if (socket.writable && !isAnswering(socket)) {
      const requestId = newRequestId();
      const refusal = toBrokenRefusal(error);
      refused({ requestId, refusal });
      socket.write(toMessage(refusal, requestId));
    }
    socket.destroySoon();
  };

/** An answer that has begun on this connection would have this one in its middle. Node keeps it there, and looks there. */
const isAnswering = (socket: Socket & { readonly _httpMessage?: ServerResponse<IncomingMessage> | null }) =>
  socket._httpMessage instanceof ServerResponse && socket._httpMessage.headersSent;

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

const toMessage = (refusal: Refusal, requestId: string): string => {
  const body = toErrorBody(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? ""}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(refusal.shouldRetry === undefined ? [] : [`x-should-retry: ${refusal.shouldRetry}`]),
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
};
