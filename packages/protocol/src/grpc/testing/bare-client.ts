// A bare HTTP/2 client for tests of the server: it can do what a well-behaved gRPC client would not.

import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { createGrpcServer, type GrpcServer, type GrpcServerOptions, type Method } from "../index.ts";

/** Everything that was sent before has been seen by the server, and its answers by us. */
export const settle = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve) => session.ping(() => session.ping(() => resolve())));

export const echo: Method = {
  handler: (call) =>
    call.handle({
      message: (_message, framed) => {
        call.sendFramed(framed);
      },
      end: () => call.finish(),
    }),
};

export interface Started {
  readonly server: GrpcServer;
  readonly session: ClientHttp2Session;
  readonly port: number;
  /** What the server reported of each call: "path code". */
  readonly ended: string[];
}

/** A server and a bare connection to it; what must be closed goes to `closers`, to be run newest first. */
export const startServer = async (
  closers: (() => void | Promise<void>)[],
  methods: Readonly<Record<string, Method>>,
  options: Partial<GrpcServerOptions> = {},
): Promise<Started> => {
  const ended: string[] = [];
  const server = createGrpcServer({
    methods: new Map(Object.entries(methods)),
    events: { callEnded: (path, code) => ended.push(`${path} ${code}`) },
    ...options,
  });
  closers.push(() => server.close());
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  closers.push(() => session.destroy());
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  return { server, session, port, ended };
};

export interface Answer {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
  readonly reset: number;
}

export const grpcHeaders = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

export const exchange = (
  session: ClientHttp2Session,
  headers: Record<string, string | string[]>,
  body: readonly Uint8Array[] = [],
  isEnded = true,
): Promise<Answer> =>
  new Promise((resolve) => {
    const stream = session.request(headers);
    let answered: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    const chunks: Buffer[] = [];
    stream.on("response", (given) => {
      answered = given;
    });
    stream.on("trailers", (given) => {
      trailers = given;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => {});
    stream.on("close", () =>
      resolve({ headers: answered, trailers, body: Buffer.concat(chunks), reset: stream.rstCode ?? 0 }),
    );
    for (const part of body) stream.write(part);
    if (isEnded) stream.end();
  });

/** `grpc-status` and `cmdop-code`, from trailers or from headers alone. */
export const statusOf = ({ headers, trailers }: Answer): [unknown, unknown] => [
  trailers?.["grpc-status"] ?? headers?.["grpc-status"],
  trailers?.["cmdop-code"] ?? headers?.["cmdop-code"],
];
