// The generated decoder is lenient: it reads a field whatever its wire type, and lets an inner message run past
// its length. What such bytes mean would depend on who reads them, so that they are refused before it sees them.

import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { malformed, WireReader, wireBytes, wireI32, wireI64, wireVarint } from "./wire.ts";

interface FieldRule {
  readonly wireType: number;
  /** A list of numbers may come as one length-delimited field. */
  readonly packedAs: number | undefined;
  readonly message: DescMessage | undefined;
}

type MessageRules = ReadonlyMap<number, FieldRule>;

const depthMax = 32;
const ruleCache = new WeakMap<DescMessage, MessageRules>();

const wireTypeOf = (scalar: ScalarType): number => {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return wireBytes;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return wireI64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return wireI32;
    default:
      return wireVarint;
  }
};

const toRule = (field: DescField): FieldRule => {
  if (field.fieldKind === "map") {
    // A map entry is a message of a key (1) and a value (2); its generated description is not kept.
    return { wireType: wireBytes, packedAs: undefined, message: undefined };
  }
  const message = field.message;
  if (message) return { wireType: wireBytes, packedAs: undefined, message };
  const wireType = field.scalar === undefined ? wireVarint : wireTypeOf(field.scalar);
  const isPackable = field.fieldKind === "list" && wireType !== wireBytes;
  return { wireType, packedAs: isPackable ? wireType : undefined, message: undefined };
};

const rulesOf = (schema: DescMessage): MessageRules => {
  const cached = ruleCache.get(schema);
  if (cached) return cached;
  const rules = new Map(schema.fields.map((field) => [field.number, toRule(field)]));
  ruleCache.set(schema, rules);
  return rules;
};

const checkFields = (schema: DescMessage, reader: WireReader, end: number, depth: number): void => {
  if (depth > depthMax) throw malformed("it is nested too deeply");
  const outerEnd = reader.end;
  reader.end = end;
  const rules = rulesOf(schema);
  while (reader.position < end) {
    const tag = reader.tag();
    const wireType = tag & 7;
    const rule = rules.get(tag >>> 3);
    if (!rule || (rule.wireType === wireType && !rule.message)) {
      reader.skip(wireType);
    } else if (rule.message && wireType === wireBytes) {
      const length = reader.length();
      checkFields(rule.message, reader, reader.position + length, depth + 1);
    } else if (rule.packedAs !== undefined && wireType === wireBytes) {
      checkPacked(reader, rule.packedAs);
    } else {
      throw malformed("a field has the wrong wire type");
    }
  }
  reader.end = outerEnd;
};

const checkPacked = (reader: WireReader, wireType: number): void => {
  const length = reader.length();
  const outerEnd = reader.end;
  const end = reader.position + length;
  reader.end = end;
  while (reader.position < end) reader.skip(wireType);
  reader.end = outerEnd;
};

/** Throws `malformed_message` unless every field lies inside its message and has the wire type of its type. */
export const checkWire = (schema: DescMessage, bytes: Uint8Array): void =>
  checkFields(schema, new WireReader(bytes), bytes.length, 0);
