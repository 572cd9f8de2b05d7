// Health checking and reflection as standard tools use them: through @grpc/grpc-js.

import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "../codec/messages.ts";
import { AgentService } from "../generated/cmdop/live/v1/agent_pb.ts";
import { OperatorService } from "../generated/cmdop/live/v1/operator_pb.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../generated/grpc/health/v1/health_pb.ts";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../generated/grpc/reflection/v1/reflection_pb.ts";
import { createHealth } from "./health.ts";
import { createReflection } from "./reflection.ts";
import { createGrpcServer, type GrpcServer } from "./server.ts";

const same = (bytes: Buffer): Buffer => bytes;
const toRequest = (service: string): Buffer =>
  Buffer.from(encodeMessage(HealthCheckRequestSchema, { service }));

const checkLeaks = leakCheck();
const health = createHealth([AgentService.typeName]);
let server: GrpcServer;
let client: Client;

beforeAll(async () => {
  const methods = new Map([
    ...health.methods,
    ...createReflection([AgentService, OperatorService, health.service]),
  ]);
  server = createGrpcServer({ methods });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await server.close();
  await checkLeaks();
});

const check = (service: string): Promise<Status | number> =>
  new Promise((resolve) => {
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      same,
      same,
      toRequest(service),
      (error, response) => {
        if (error) resolve((error as ServiceError).code);
        else resolve(decodeMessage(HealthCheckResponseSchema, response ?? Buffer.alloc(0)).status);
      },
    );
  });

describe("grpc.health.v1", () => {
  it("answers for the server, for a service, and NOT_FOUND for an unknown one", async () => {
    expect(await Promise.all(["", AgentService.typeName, "nothing"].map(check))).toEqual([
      Status.SERVING,
      Status.SERVING,
      status.NOT_FOUND,
    ]);
  });

  it("tells watchers of every change of what they watch", async () => {
    const call = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", same, same, toRequest(""));
    const unknown = client.makeServerStreamRequest(
      "/grpc.health.v1.Health/Watch",
      same,
      same,
      toRequest("new"),
    );
    const seen: Status[] = [];
    const seenUnknown: Status[] = [];
    for (const [each, list] of [
      [call, seen],
      [unknown, seenUnknown],
    ] as const) {
      each.on("data", (message: Buffer) =>
        list.push(decodeMessage(HealthCheckResponseSchema, message).status),
      );
      each.on("error", () => {});
    }
    await waitFor(() => seen.length === 1 && seenUnknown.length === 1);
    health.set("", false);
    health.set("", false);
    health.set("new", true);
    await waitFor(() => seen.length === 2 && seenUnknown.length === 2);
    health.set("", true);
    await waitFor(() => seen.length === 3);
    call.cancel();
    unknown.cancel();
    await waitFor(() => server.calls === 0);
    expect({ seen, seenUnknown }).toEqual({
      seen: [Status.SERVING, Status.NOT_SERVING, Status.SERVING],
      seenUnknown: [Status.SERVICE_UNKNOWN, Status.SERVING],
    });
  });
});

const ask = async (
  ...requests: Exclude<ServerReflectionRequest["messageRequest"], { case: undefined }>[]
): Promise<ServerReflectionResponse["messageResponse"][]> => {
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const call = client.makeBidiStreamRequest(path, same, same);
  for (const messageRequest of requests) {
    call.write(Buffer.from(encodeMessage(ServerReflectionRequestSchema, { host: "here", messageRequest })));
  }
  call.end();
  const answers: ServerReflectionResponse["messageResponse"][] = [];
  for await (const message of call) {
    answers.push(decodeMessage(ServerReflectionResponseSchema, message as Buffer).messageResponse);
  }
  return answers;
};

const filesOf = (answer: ServerReflectionResponse["messageResponse"] | undefined): string[] =>
  answer?.case === "fileDescriptorResponse"
    ? answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name)
    : [];

describe("grpc.reflection.v1", () => {
  it("lists the services", async () => {
    const [answer] = await ask({ case: "listServices", value: "" });
    const names = answer?.case === "listServicesResponse" ? answer.value.service.map(({ name }) => name) : [];
    expect(names).toEqual([
      "cmdop.live.v1.AgentService",
      "cmdop.live.v1.OperatorService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
    ]);
  });

  it("gives the file of a service, a method, a message and a file name, with what it imports", async () => {
    const answers = await ask(
      { case: "fileContainingSymbol", value: "cmdop.live.v1.OperatorService" },
      { case: "fileContainingSymbol", value: "cmdop.live.v1.AgentService.Link" },
      { case: "fileContainingSymbol", value: "cmdop.live.v1.Machine.Presence" },
      { case: "fileByFilename", value: "cmdop/live/v1/frame.proto" },
      { case: "fileContainingSymbol", value: "grpc.health.v1.Health.Check" },
    );
    expect(answers.map(filesOf)).toEqual([
      ["cmdop/live/v1/operator.proto", "cmdop/live/v1/agent.proto", "cmdop/live/v1/frame.proto"],
      ["cmdop/live/v1/agent.proto", "cmdop/live/v1/frame.proto"],
      ["cmdop/live/v1/operator.proto", "cmdop/live/v1/agent.proto", "cmdop/live/v1/frame.proto"],
      ["cmdop/live/v1/frame.proto"],
      ["grpc/health/v1/health.proto"],
    ]);
  });

  it("says NOT_FOUND for what is not there and goes on", async () => {
    const answers = await ask(
      { case: "fileByFilename", value: "../../etc/passwd" },
      { case: "fileContainingSymbol", value: "none" },
      {
        case: "fileContainingExtension",
        value: { $typeName: "grpc.reflection.v1.ExtensionRequest", containingType: "x", extensionNumber: 1 },
      },
      { case: "allExtensionNumbersOfType", value: "cmdop.live.v1.Frame" },
    );
    expect(
      answers.map((each) => [each.case, each.case === "errorResponse" ? each.value.errorCode : 0]),
    ).toEqual([
      ["errorResponse", 5],
      ["errorResponse", 5],
      ["errorResponse", 5],
      ["allExtensionNumbersResponse", 0],
    ]);
  });
});
