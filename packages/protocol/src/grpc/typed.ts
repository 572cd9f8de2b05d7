// Calls by their generated descriptions: what is typed on both ends.

import type {
  DescMessage,
  DescMethod,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { Failure } from "@cmdop/base";
import { decodeMessage, encodeMessage } from "../codec/messages.ts";
import type { ServerCall } from "./call.ts";
import type { CallOptions, Channel } from "./channel.ts";
import type { Method, MethodOptions } from "./server-options.ts";

/** "/cmdop.live.v1.AgentService/Link" */
export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/** Calls a unary method: `unaryCall(channel, OperatorService.method.openSession, { machine: "web" })`. */
export const unaryCall = async <Input extends DescMessage, Output extends DescMessage>(
  channel: Channel,
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  options?: CallOptions,
): Promise<MessageShape<Output>> => {
  const response = await channel.unary(pathOf(method), encodeMessage(method.input, request), options);
  return decodeMessage(method.output, response.message);
};

/** A `methods` entry of a unary method: `serveUnary(OperatorService.method.openSession, (request, call) => …)`. */
export const serveUnary = <Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  answer: (
    request: MessageShape<Input>,
    call: ServerCall,
  ) => MessageInitShape<Output> | Promise<MessageInitShape<Output>>,
  options: MethodOptions = {},
): [path: string, method: Method] => {
  const respond = async (message: Buffer, call: ServerCall): Promise<void> => {
    try {
      const response = await answer(decodeMessage(method.input, message), call);
      if (call.signal.aborted) return;
      call.send(encodeMessage(method.output, response));
      call.finish();
    } catch (cause) {
      call.fail(cause);
    }
  };
  const handler = (call: ServerCall): void => {
    let request: Buffer | undefined;
    call.handle({
      message: (message) => {
        if (request) call.fail(new Failure("unexpected_message", "A unary call takes one request."));
        else request = message;
      },
      end: () => {
        if (request) void respond(request, call);
        else call.fail(new Failure("unexpected_message", "The request is missing."));
      },
    });
  };
  return [pathOf(method), { ...options, handler }];
};

/** A `methods` entry of a streaming method. */
export const serveStream = (
  method: DescMethod,
  handler: Method["handler"],
  options: MethodOptions = {},
): [path: string, method: Method] => [pathOf(method), { ...options, handler }];
