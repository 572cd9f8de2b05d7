// A request's body read into a call: JSON, or a form where the endpoint takes files.
import { isUtf8 } from "node:buffer";
import type { FastifyRequest } from "fastify";
import {
  hasMembers,
  type JsonObject,
  type JsonText,
  parseJsonText,
  setMembers,
} from "../../core/json-text.ts";
import { type FormField, parseForm } from "../../core/multipart.ts";
import type { Call, CallFile, Protocol } from "../../core/protocol.ts";
import { type Refusal, refuse } from "../../core/refusals.ts";

type CallResult = Refusal | { readonly kind: "call"; readonly call: Call };

export const toObject = (bytes: unknown): Refusal | Extract<JsonText, { kind: "object" }> => {
  if (!(bytes instanceof Uint8Array) || !isUtf8(bytes)) {
    return refuse("invalid_json", { message: "The body must be a JSON object in UTF-8." });
  }
  const parsed = parseJsonText(toText(bytes, "utf8"));
  if (parsed.kind === "invalid") {
    return refuse("invalid_json", { message: `The body is not a JSON object: ${parsed.reason}.` });
  }
  return parsed;
};

const toText = (bytes: Uint8Array, encoding: "utf8" | "latin1"): string => toBuffer(bytes).toString(encoding);

/** The same bytes. */
const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

type Received = Pick<FastifyRequest, "body" | "headers">;

export const toCall = (protocol: Protocol, request: Received): CallResult => {
  const contentType = request.headers["content-type"] ?? "";
  const isForm = contentType.toLowerCase().startsWith("multipart/form-data");
  if (isForm !== (protocol.encoding === "form")) {
    const expected = protocol.encoding === "form" ? "multipart/form-data" : "application/json";
    return refuse("unsupported_media_type", { message: `The body must be ${expected}.` });
  }
  return isForm ? toFormCall(protocol, request, contentType) : toJsonCall(protocol, request);
};

const toJsonCall = (protocol: Protocol, { body: bytes, headers }: Received): CallResult => {
  const parsed = toObject(bytes);
  if (parsed.kind === "refusal") return parsed;
  const { text, value: body } = parsed;
  return checked(protocol, body, {
    inputChars: text.length,
    contentType: "application/json",
    headers: forwarded(protocol, headers),
    toBody: (members, removed = []) =>
      removed.length === 0 && bytes instanceof Uint8Array && hasMembers(text, body, members)
        ? bytes
        : setMembers(text, members, removed),
  });
};

const toFormCall = (protocol: Protocol, { body, headers }: Received, contentType: string): CallResult => {
  const bytes = toBuffer(body instanceof Uint8Array ? body : new Uint8Array());
  const form = parseForm(toText(bytes, "latin1"), contentType);
  if (form.kind === "invalid") {
    return refuse("invalid_value", { message: `The form cannot be read: ${form.reason}.` });
  }
  const { fields } = form;
  const texts = fields.filter(({ isFile }) => !isFile);
  const models = fields.filter(({ name }) => name === "model");
  const [model] = models;
  if (!model || model.isFile || models.length > 1) {
    return refuse("invalid_value", { message: "model must stand in the form once.", param: "model" });
  }
  const values = texts.map(({ name, start, end }) => [name, bytes.toString("utf8", start, end)] as const);
  const { stream, ...members } = Object.fromEntries(values);
  return checked(
    protocol,
    { ...members, ...(stream === undefined ? {} : { stream: stream === "true" }) },
    {
      inputChars: values.reduce((sum, [, value]) => sum + value.length, 0),
      contentType,
      headers: forwarded(protocol, headers),
      toBody: (set) =>
        Buffer.concat([
          bytes.subarray(0, model.start),
          Buffer.from(String(set.model)),
          bytes.subarray(model.end),
        ]),
      files: fields
        .filter(({ isFile }) => isFile)
        .map((field) => toFile(bytes.subarray(field.start, field.end), field)),
    },
  );
};

/** Of a file that is encoded at a time: three bytes are four characters. */
const encodedBytes = 3 * 16_384;

const toFile = (bytes: Buffer, { name, mediaType = "application/octet-stream" }: FormField): CallFile => {
  const head = Buffer.from(`data:${mediaType};base64,`);
  return {
    field: name,
    dataUrlBytes: head.length + Math.ceil(bytes.length / 3) * 4,
    writeDataUrl: (target, at) => {
      const into = toBuffer(target);
      let end = at + head.copy(into, at);
      for (let from = 0; from < bytes.length; from += encodedBytes) {
        end += into.write(bytes.toString("base64", from, from + encodedBytes), end, "latin1");
      }
    },
  };
};

const checked = (
  protocol: Protocol,
  body: JsonObject,
  rest: Pick<Call, "inputChars" | "contentType" | "headers" | "toBody" | "files">,
): CallResult => {
  const { model, stream } = body;
  if (typeof model !== "string" || model === "") {
    return refuse("invalid_value", { message: "model must be a text.", param: "model" });
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    return refuse("invalid_value", { message: "stream must be true or false.", param: "stream" });
  }
  const wrong = protocol.check(body);
  return wrong ?? { kind: "call", call: { protocol, body, model, isStream: stream === true, ...rest } };
};

const headerCharsMax = 1_024;

const forwarded = (protocol: Protocol, headers: FastifyRequest["headers"]): Record<string, string> => {
  const passed: Record<string, string> = {};
  for (const name of protocol.forwards) {
    const value = headers[name];
    if (typeof value === "string" && value.length <= headerCharsMax) passed[name] = value;
  }
  return passed;
};
