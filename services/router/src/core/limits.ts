// The router's bounds. Each has a named result (refusals.ts) or is said beside it.

const kib = 1024;
const mib = 1024 * kib;

export interface Limits {
  /** To the router's port, before anybody is known. Over it: closed at once. */
  readonly connections: number;
  /** Until a request is there whole, its body too; looked at twice a minute. Over it: request_timeout. */
  readonly arrivalMs: number;
  /** Of one request's body. Eight images of 3 MiB in base64 fit. Over it: request_too_large. */
  readonly requestBytes: number;
  /** The same of a search: five queries of 2,000 characters fit in any spelling. */
  readonly searchRequestBytes: number;
  /** Of all requests' bodies in memory at a time: four full ones a core and room for small ones. Over it: overloaded. */
  readonly requestBytesInFlight: number;
  /** Requests at a time. Over it: overloaded. */
  readonly requestsInFlight: number;
  /** Of one answer that is read whole before it is passed on, plain or streamed. Over it: upstream_invalid. */
  readonly responseBytes: number;
  /** Of all such answers at a time, until they have left. Over it: overloaded. */
  readonly responseBytesInFlight: number;
  /** Of one search provider's answer. Over it: upstream_invalid. */
  readonly searchBytes: number;
  /** Of one error body of a provider; what is above is not read. */
  readonly errorBytes: number;
  /** Of one event of a stream. An image in base64 fits. Over it: upstream_invalid. */
  readonly eventBytes: number;
  /** Held back of a stream before its content begins, while a retry is still possible; over it the answer begins. */
  readonly startupEvents: number;
  readonly startupBytes: number;
  /** A stream without content for so long begins all the same, so that nothing on the way takes it for dead. */
  readonly startupMs: number;
  /** A caller that reads nothing for so long is left. */
  readonly readerStallMs: number;
  /** Of the processor, for judging one answer by a caller's schema. Over it: invalid_json_schema. */
  readonly schemaCpuMs: number;
  /** How long an idle stream is silent before a comment is sent that keeps its connection open. */
  readonly heartbeatMs: number;
}

export const limitsDefault: Limits = {
  connections: 20_000,
  arrivalMs: 60_000,
  requestBytes: 32 * mib,
  searchRequestBytes: 128 * kib,
  requestBytesInFlight: 256 * mib,
  requestsInFlight: 4096,
  responseBytes: 64 * mib,
  responseBytesInFlight: 512 * mib,
  searchBytes: 2 * mib,
  errorBytes: 64 * kib,
  eventBytes: 16 * mib,
  startupEvents: 64,
  startupBytes: 256 * kib,
  startupMs: 10_000,
  readerStallMs: 300_000,
  schemaCpuMs: 250,
  heartbeatMs: 15_000,
};
