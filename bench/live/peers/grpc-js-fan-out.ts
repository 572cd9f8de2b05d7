import { fork } from "node:child_process";
import { once } from "node:events";
import { createTestCertificates } from "@cmdop/testkit";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { cpuMsOf } from "../../process-usage.ts";
import type { OpenFanOut } from "../fan-out.ts";

// The same fan-out on @grpc/grpc-js over TLS, with identity serializers: one bidirectional stream in, one server
// stream out for each reader. The server holds the publisher back when a reader's buffer is full, because nothing
// else bounds its memory.

const identity = (bytes: Buffer): Buffer => bytes;
const method = (path: string, requestStream: boolean) => ({
  path,
  requestStream,
  responseStream: true,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});
const publishMethod = method("/bench.FanOut/Publish", true);
const readMethod = method("/bench.FanOut/Read", false);
const options = { "grpc.max_receive_message_length": 4 << 20 };

const serve = (certificatePem: string, keyPem: string): void => {
  const readers = new Set<ServerWritableStream<Buffer, Buffer>>();
  const server = new Server(options);
  server.addService(
    { publish: publishMethod, read: readMethod },
    {
      publish: (call: ServerDuplexStream<Buffer, Buffer>) => {
        let full = 0;
        call.on("data", (message: Buffer) => {
          for (const reader of readers) {
            if (reader.write(message)) continue;
            full += 1;
            call.pause();
            reader.once("drain", () => {
              full -= 1;
              if (full === 0) call.resume();
            });
          }
        });
        call.on("end", () => call.end());
        call.on("error", () => {});
      },
      read: (call: ServerWritableStream<Buffer, Buffer>) => {
        readers.add(call);
        call.write(Buffer.alloc(0));
        call.on("cancelled", () => readers.delete(call));
      },
    },
  );
  const pair = { private_key: Buffer.from(keyPem), cert_chain: Buffer.from(certificatePem) };
  server.bindAsync("127.0.0.1:0", ServerCredentials.createSsl(null, [pair]), (error, port) => {
    if (error) throw error;
    process.send?.(port);
  });
};

if (process.argv[2] === "serve") {
  process.once("message", (pair: { certificatePem: string; keyPem: string }) =>
    serve(pair.certificatePem, pair.keyPem),
  );
}

/** Server and clients both on grpc-js. */
export const openGrpcJsFanOut: OpenFanOut = async ({ readers, messageBytes }) => {
  const certificates = await createTestCertificates();
  const child = fork(import.meta.filename, ["serve"], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  child.send({ certificatePem: certificates.cert, keyPem: certificates.key });
  const [port] = (await once(child, "message")) as [number];
  const pid = child.pid ?? 0;
  const connect = (): Client =>
    new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(certificates.ca)), {
      ...options,
      "grpc.use_local_subchannel_pool": 1,
    });
  let listener: (reader: number, messages: number) => void = () => {};
  const clients: Client[] = [];
  for (let reader = 0; reader < readers; reader += 1) {
    const client = connect();
    clients.push(client);
    const stream = client.makeServerStreamRequest(readMethod.path, identity, identity, Buffer.alloc(0));
    stream.on("error", () => {});
    await once(stream, "data");
    stream.on("data", () => listener(reader, 1));
  }
  const publisher = connect();
  clients.push(publisher);
  const stream = publisher.makeBidiStreamRequest(publishMethod.path, identity, identity);
  stream.on("error", () => {});
  stream.resume();
  const message = Buffer.alloc(messageBytes, "x");
  return {
    publish: () => {
      stream.write(message);
    },
    onDelivered: (next) => {
      listener = next;
    },
    serverCpuMs: async () => cpuMsOf(pid),
    close: async () => {
      for (const client of clients) client.close();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
};
