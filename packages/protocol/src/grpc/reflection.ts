// grpc.reflection.v1: lets `grpcurl` and the like list and call what a server offers, from the generated
// descriptions. It tells nothing that the published proto files do not.

import type { DescFile, DescMessage, DescService, MessageInitShape } from "@bufbuild/protobuf";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { decodeMessage, encodeFramed } from "../codec/messages.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../generated/grpc/reflection/v1/reflection_pb.ts";
import type { Method } from "./server-options.ts";
import { statusNumber } from "./status.ts";
import { serveStream } from "./typed.ts";

type Answer = Exclude<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"], undefined>;

interface FileIndex {
  readonly byName: ReadonlyMap<string, DescFile>;
  readonly bySymbol: ReadonlyMap<string, DescFile>;
}

const requestBytesMax = 4_096;

const addMessage = (symbols: Map<string, DescFile>, message: DescMessage): void => {
  symbols.set(message.typeName, message.file);
  for (const field of message.fields) symbols.set(`${message.typeName}.${field.name}`, message.file);
  for (const nested of message.nestedMessages) addMessage(symbols, nested);
  for (const nested of message.nestedEnums) symbols.set(nested.typeName, message.file);
};

const indexFiles = (services: readonly DescService[]): FileIndex => {
  const byName = new Map<string, DescFile>();
  const bySymbol = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (byName.has(`${file.name}.proto`)) return;
    byName.set(`${file.name}.proto`, file);
    for (const message of file.messages) addMessage(bySymbol, message);
    for (const each of file.enums) bySymbol.set(each.typeName, file);
    for (const service of file.services) {
      bySymbol.set(service.typeName, file);
      for (const method of service.methods) bySymbol.set(`${service.typeName}.${method.name}`, file);
    }
    for (const dependency of file.dependencies) add(dependency);
  };
  for (const service of services) add(service.file);
  return { byName, bySymbol };
};

const withDependencies = (file: DescFile, files: Set<DescFile> = new Set()): Set<DescFile> => {
  if (files.has(file)) return files;
  files.add(file);
  for (const dependency of file.dependencies) withDependencies(dependency, files);
  return files;
};

const notFound = (what: string): Answer => ({
  case: "errorResponse",
  value: { errorCode: statusNumber("NOT_FOUND"), errorMessage: `There is no such ${what}.` },
});

const describe = (file: DescFile | undefined, what: string): Answer =>
  file
    ? {
        case: "fileDescriptorResponse",
        value: {
          fileDescriptorProto: [...withDependencies(file)].map((each) =>
            toBinary(FileDescriptorProtoSchema, each.proto),
          ),
        },
      }
    : notFound(what);

/** The entry for `methods`, describing these services and itself. */
export const createReflection = (
  described: readonly DescService[],
): readonly [path: string, method: Method][] => {
  const services = [...described, ServerReflection];
  const index = indexFiles(services);

  const answer = (request: ServerReflectionRequest["messageRequest"]): Answer => {
    switch (request.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: services.map(({ typeName }) => ({ name: typeName })) },
        };
      case "fileByFilename":
        return describe(index.byName.get(request.value), "file");
      case "fileContainingSymbol":
        return describe(index.bySymbol.get(request.value), "symbol");
      case "allExtensionNumbersOfType":
        return index.bySymbol.has(request.value)
          ? { case: "allExtensionNumbersResponse", value: { baseTypeName: request.value } }
          : notFound("type");
      case "fileContainingExtension":
        return notFound("extension");
      default:
        return {
          case: "errorResponse",
          value: {
            errorCode: statusNumber("INVALID_ARGUMENT"),
            errorMessage: "The request asks for nothing.",
          },
        };
    }
  };

  return [
    serveStream(
      ServerReflection.method.serverReflectionInfo,
      (call) =>
        call.handle({
          message: (message) => {
            const request = decodeMessage(ServerReflectionRequestSchema, message);
            const isTaken = call.sendFramed(
              encodeFramed(ServerReflectionResponseSchema, {
                validHost: request.host,
                originalRequest: request,
                messageResponse: answer(request.messageRequest),
              }),
            );
            if (!isTaken) call.pause();
          },
          drain: () => call.resume(),
          end: () => call.finish(),
        }),
      { messageBytesMax: requestBytesMax },
    ),
  ];
};
