// Generated messages to bytes and back, with our failures.

import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Failure } from "@cmdop/base";
import { checkWire } from "./check-wire.ts";
import { toFramed } from "./framing.ts";

/** Throws `invalid_argument` when a value does not fit its field (a number out of range). */
export const encodeMessage = <Desc extends DescMessage>(
  schema: Desc,
  init: MessageInitShape<Desc>,
): Uint8Array<ArrayBuffer> => {
  try {
    return toBinary(schema, create(schema, init));
  } catch (cause) {
    throw new Failure("invalid_argument", `${schema.name} holds a value that cannot be sent.`, { cause });
  }
};

/** `encodeMessage` with the 5-byte prefix, as `sendFramed` takes it. */
export const encodeFramed = <Desc extends DescMessage>(
  schema: Desc,
  init: MessageInitShape<Desc>,
): Uint8Array<ArrayBuffer> => toFramed(encodeMessage(schema, init));

/**
 * Throws `malformed_message` for everything that is not well-formed, also for strings that are not UTF-8. Byte
 * fields are views of `message`.
 */
export const decodeMessage = <Desc extends DescMessage>(
  schema: Desc,
  message: Uint8Array,
): MessageShape<Desc> => {
  checkWire(schema, message);
  try {
    return fromBinary(schema, message);
  } catch (cause) {
    throw new Failure("malformed_message", undefined, { cause });
  }
};
