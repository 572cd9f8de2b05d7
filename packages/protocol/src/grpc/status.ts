// Failures to gRPC statuses and back. `cmdop-code` carries the exact failure beside the coarse status.

import {
  Failure,
  type FailureCode,
  type GrpcStatusName,
  isFailureCode,
  toDisplayText,
  toFailure,
} from "@cmdop/base";
import type { CallStatus } from "./call.ts";
import { metadataText } from "./metadata.ts";

export type StatusCode = GrpcStatusName | "OK";

/** By number: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const statusCodes: readonly StatusCode[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

const statusNumbers = new Map(statusCodes.map((code, number) => [code, number]));

export const statusNumber = (code: StatusCode): number => statusNumbers.get(code) ?? 2;

/** UNKNOWN for what is not a status number. */
export const statusCode = (text: string): StatusCode =>
  (/^\d{1,2}$/.test(text) ? statusCodes[Number(text)] : undefined) ?? "UNKNOWN";

/** The failure that stands for a status which came without `cmdop-code`. */
const failureOf: Readonly<Record<GrpcStatusName, FailureCode>> = {
  CANCELLED: "cancelled",
  UNKNOWN: "internal",
  INVALID_ARGUMENT: "invalid_argument",
  DEADLINE_EXCEEDED: "timed_out",
  NOT_FOUND: "session_not_found",
  ALREADY_EXISTS: "already_running",
  PERMISSION_DENIED: "permission_denied",
  RESOURCE_EXHAUSTED: "rate_limited",
  FAILED_PRECONDITION: "unexpected_message",
  ABORTED: "superseded",
  OUT_OF_RANGE: "offset_in_future",
  UNIMPLEMENTED: "unimplemented",
  INTERNAL: "internal",
  UNAVAILABLE: "unavailable",
  DATA_LOSS: "log_corrupt",
  UNAUTHENTICATED: "unauthenticated",
};

/** HTTP status to gRPC status where a proxy answered instead of a gRPC server (http-grpc-status-mapping.md). */
export const statusOfHttp = (http: number): GrpcStatusName => {
  if (http === 400) return "INTERNAL";
  if (http === 401) return "UNAUTHENTICATED";
  if (http === 403) return "PERMISSION_DENIED";
  if (http === 404) return "UNIMPLEMENTED";
  if (http === 429 || http === 502 || http === 503 || http === 504) return "UNAVAILABLE";
  return "UNKNOWN";
};

const retryAfterMsMax = 86_400_000;

/** What a peer is told of any cause. */
export const toCallStatus = (cause: unknown): CallStatus => {
  const failure = toFailure(cause);
  const metadata = new Map<string, readonly string[]>([["cmdop-code", [failure.code]]]);
  if (failure.retryAfterMs !== undefined) {
    metadata.set("cmdop-retry-after-ms", [String(Math.max(0, Math.round(failure.retryAfterMs)))]);
  }
  return { code: failure.row.grpc, message: failure.message, metadata };
};

/** Why a call did not end with OK. The text came from a peer: control sequences are taken out of it. */
export const fromCallStatus = (status: CallStatus): Failure => {
  const named = metadataText(status.metadata, "cmdop-code");
  const code = named !== undefined && isFailureCode(named) ? named : undefined;
  const wait = Number(metadataText(status.metadata, "cmdop-retry-after-ms") ?? Number.NaN);
  const options = wait >= 0 && wait <= retryAfterMsMax ? { retryAfterMs: wait } : {};
  const fallback = status.code === "OK" ? "internal" : failureOf[status.code];
  return new Failure(code ?? fallback, toDisplayText(status.message) || undefined, options);
};
