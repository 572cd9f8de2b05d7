// A caller's schema as OpenAI's strict mode takes it: every property required, optional ones nullable instead, no
// others, and without keywords that it refuses (https://platform.openai.com/docs/guides/structured-outputs
// #supported-schemas). The answer is judged by the caller's own schema, so nothing is lost by leaving a keyword out.
import { isJsonObject, type JsonObject, type JsonValue } from "../json-text.ts";

const stripped = new Set([
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
  "contains",
  "minContains",
  "maxContains",
  "uniqueItems",
  "dependentRequired",
  "dependentSchemas",
  "dependencies",
  "if",
  "then",
  "else",
  "not",
]);

/** Strict mode has no words for it: objects with free names, or several schemas at once. */
class Inexpressible extends Error {}

export const lowerSchema = (
  schema: JsonObject,
): { readonly schema: JsonObject; readonly isChanged: boolean } | undefined => {
  if (schema.type !== "object") return undefined;
  try {
    const lowered = lower(schema);
    return isJsonObject(lowered)
      ? { schema: lowered, isChanged: JSON.stringify(lowered) !== JSON.stringify(schema) }
      : undefined;
  } catch (error) {
    if (error instanceof Inexpressible) return undefined;
    throw error;
  }
};

/** Recursion is bounded by the depth that a schema may have. */
const lower = (schema: JsonValue): JsonValue => {
  if (!isJsonObject(schema)) throw new Inexpressible("a boolean schema");
  const result: Record<string, JsonValue | undefined> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || stripped.has(name)) continue;
    if (name === "properties" || name === "$defs" || name === "definitions") result[name] = lowerAll(value);
    else if (name === "items") result[name] = lower(value);
    else if (name === "anyOf" || name === "oneOf") result.anyOf = lowerEach(value);
    else if (name === "allOf") Object.assign(result, lowerOnly(value));
    else if (name === "patternProperties" || name === "prefixItems") throw new Inexpressible(name);
    else result[name] = value;
  }
  return isObjectSchema(schema) ? closeObject(schema, result) : result;
};

const isObjectSchema = ({ type, properties }: JsonObject): boolean =>
  type === "object" || properties !== undefined || (Array.isArray(type) && type.includes("object"));

const closeObject = (schema: JsonObject, result: JsonObject): JsonObject => {
  const properties = isJsonObject(result.properties) ? result.properties : undefined;
  const { additionalProperties } = schema;
  if (!properties || additionalProperties === true || isJsonObject(additionalProperties)) {
    throw new Inexpressible("an object with free names");
  }
  const required = Array.isArray(schema.required) ? (schema.required as readonly JsonValue[]) : [];
  const names = Object.keys(properties);
  const all = Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      value === undefined || required.includes(name) ? value : toNullable(value),
    ]),
  );
  const isComplete = names.length === required.length && names.every((name) => required.includes(name));
  return {
    ...result,
    properties: all,
    required: isComplete ? schema.required : names,
    additionalProperties: false,
  };
};

const lowerAll = (schemas: JsonValue): JsonValue =>
  isJsonObject(schemas)
    ? Object.fromEntries(
        Object.entries(schemas).map(([name, value]) => [name, value === undefined ? value : lower(value)]),
      )
    : schemas;

const lowerEach = (schemas: JsonValue): JsonValue =>
  Array.isArray(schemas) ? (schemas as readonly JsonValue[]).map(lower) : schemas;

const lowerOnly = (schemas: JsonValue): JsonObject => {
  const [only, ...others] = Array.isArray(schemas) ? (schemas as readonly JsonValue[]) : [];
  const lowered = only === undefined || others.length > 0 ? undefined : lower(only);
  if (!isJsonObject(lowered)) throw new Inexpressible("allOf");
  return lowered;
};

const toNullable = (schema: JsonValue): JsonValue => {
  if (!isJsonObject(schema)) return schema;
  const { type, enum: values } = schema;
  if (type === "null" || (Array.isArray(type) && type.includes("null"))) return schema;
  if (typeof type === "string" && schema.const === undefined) {
    const all = Array.isArray(values) ? { enum: [...values, null] } : {};
    return { ...schema, type: [type, "null"], ...all };
  }
  return { anyOf: [schema, { type: "null" }] };
};

const valueDepthMax = 256;

/**
 * The value without the nulls that stand where the caller's schema has an optional property that may not be null:
 * the model had to write something there. The same value when there are none.
 */
export const withoutFilledNulls = (
  value: JsonValue,
  schema: JsonValue,
  root: JsonObject,
  depth = 0,
): JsonValue => {
  const own = resolve(schema, root);
  if (!own || depth > valueDepthMax) return value;
  if (Array.isArray(value)) {
    const { items } = own;
    if (items === undefined) return value;
    return mapped(value as readonly JsonValue[], (item) => withoutFilledNulls(item, items, root, depth + 1));
  }
  if (!isJsonObject(value)) return value;
  const properties = isJsonObject(own.properties) ? own.properties : undefined;
  if (!properties) return value;
  const required = Array.isArray(own.required) ? (own.required as readonly JsonValue[]) : [];
  let isChanged = false;
  const kept = Object.entries(value).flatMap(([name, member]): [string, JsonValue | undefined][] => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (member === undefined || property === undefined) return [[name, member]];
    if (member === null && !required.includes(name) && !takesNull(property, root)) {
      isChanged = true;
      return [];
    }
    const inner = withoutFilledNulls(member, property, root, depth + 1);
    isChanged ||= inner !== member;
    return [[name, inner]];
  });
  return isChanged ? Object.fromEntries(kept) : value;
};

const mapped = (values: readonly JsonValue[], map: (value: JsonValue) => JsonValue): readonly JsonValue[] => {
  const results = values.map(map);
  return results.some((result, index) => result !== values[index]) ? results : values;
};

const refsMax = 32;

/** The schema that local references lead to; of alternatives, the only one that is not null. */
const resolve = (schema: JsonValue, root: JsonObject): JsonObject | undefined => {
  let at: JsonValue | undefined = schema;
  for (let step = 0; step < refsMax; step += 1) {
    if (!isJsonObject(at)) return undefined;
    const alternatives: JsonValue | undefined = at.anyOf ?? at.oneOf;
    if (typeof at.$ref === "string") at = lookUp(at.$ref, root);
    else if (Array.isArray(alternatives)) {
      const [only, ...others]: readonly JsonValue[] = (alternatives as readonly JsonValue[]).filter(
        (alternative) => !isJsonObject(alternative) || alternative.type !== "null",
      );
      if (only === undefined || others.length > 0) return at;
      at = only;
    } else return at;
  }
  return undefined;
};

const lookUp = (reference: string, root: JsonObject): JsonValue | undefined => {
  if (!/^#(?:\/|$)/.test(reference)) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of reference.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
};

const takesNull = (schema: JsonValue, root: JsonObject): boolean => {
  if (!isJsonObject(schema)) return schema === true;
  if (typeof schema.$ref === "string") {
    const target = resolve(schema, root);
    return (
      target === undefined || (target !== schema && target.$ref === undefined && takesNull(target, root))
    );
  }
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) {
    return (alternatives as readonly JsonValue[]).some((alternative) => takesNull(alternative, root));
  }
  const { type, enum: values } = schema;
  if (Array.isArray(values)) return (values as readonly JsonValue[]).includes(null);
  return type === undefined
    ? schema.const === undefined || schema.const === null
    : type === "null" || (Array.isArray(type) && type.includes("null"));
};
