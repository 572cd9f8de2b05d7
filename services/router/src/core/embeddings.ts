// Embeddings (https://platform.openai.com/docs/api-reference/embeddings): answers that are read whole.
import { notServed, type Protocol, type Seen } from "./protocol.ts";
import { refuse, toErrorBody } from "./refusals.ts";

export const embeddingsProtocol: Protocol = {
  name: "embeddings",
  path: "/embeddings",
  encoding: "json",
  forwards: [],
  isFree: false,
  check: (body) => {
    if (body.stream === true)
      return refuse("invalid_value", { message: "Embeddings do not stream.", param: "stream" });
    return body.input === undefined
      ? refuse("invalid_value", { message: "input is missing.", param: "input" })
      : undefined;
  },
  refusedBy: (_call, provider) =>
    provider.kind === "demo" ? notServed(provider, "/v1/embeddings") : undefined,
  members: () => ({}),
  wantsUsage: () => false,
  createWatch: () => ({ isComplete: false, see: (): Seen => ({ kind: "unreadable" }) }),
  isAnswer: (body) => Array.isArray(body.data),
  doneEvent: undefined,
  toErrorBody,
  toErrorEvent: (refusal) => `data: ${toErrorBody(refusal)}\n\n`,
};
