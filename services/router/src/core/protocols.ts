import { chatProtocol } from "./chat.ts";
import { embeddingsProtocol } from "./embeddings.ts";
import { imageEditsProtocol, imagesProtocol } from "./images.ts";
import { countTokensProtocol, messagesProtocol } from "./messages/protocol.ts";
import type { Protocol } from "./protocol.ts";
import { responsesProtocol } from "./responses.ts";

/** The endpoints that reach a model. */
export const protocols: readonly Protocol[] = [
  chatProtocol,
  responsesProtocol,
  messagesProtocol,
  countTokensProtocol,
  embeddingsProtocol,
  imagesProtocol,
  imageEditsProtocol,
];
