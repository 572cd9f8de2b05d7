import type { Client, ClientOptions } from "./client.ts";

/**
 * A client over gRPC. Does no I/O by itself. Throws a Failure: `not_configured` without a relay or a token,
 * `invalid_argument` for one that cannot be right.
 */
export declare const createClient: (options: ClientOptions) => Client;
