// Images at OpenRouter: POST /images takes OpenAI's body and gives OpenAI's answer, with images to change as references
// and no second endpoint for them (https://openrouter.ai/docs/api/api-reference/images/generate-an-image).
import { imageEditsProtocol, imagesProtocol } from "./images.ts";
import type { JsonObject, JsonValue } from "./json-text.ts";
import { type Call, type CallFile, changeCall, type Protocol } from "./protocol.ts";
import { type Refusal, refuse } from "./refusals.ts";

const path = "/images";

/** One event for each image. */
const toEvents =
  (type: string) =>
  ({ data, usage, created }: JsonObject): string => {
    const images = Array.isArray(data) ? (data as readonly JsonObject[]) : [];
    const last = images.length - 1;
    return images
      .map((image, index) => {
        const event = { type, created_at: created, ...image, ...(index === last ? { usage } : {}) };
        return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
      })
      .join("");
  };

/** Most models there do not stream: they answer whole, also where a stream was asked for. */
const generations: Protocol = {
  ...imagesProtocol,
  path,
  toEvents: toEvents("image_generation.completed"),
};
const edits: Protocol = { ...imageEditsProtocol, path, toEvents: toEvents("image_edit.completed") };

/** Undefined: the call is about something else. */
export const toOpenRouterImages = (call: Call): Call | Refusal | undefined => {
  const { name } = call.protocol;
  if (name !== "images" && name !== "image_edits") return undefined;
  if (call.body.response_format === "url") {
    return refuse("unsupported_value", {
      message: "OpenRouter gives images as base64 alone: leave response_format out, or ask for b64_json.",
      param: "response_format",
    });
  }
  return name === "images" ? toGeneration(call) : toEdit(call);
};

/** Members of OpenAI's that say what goes without saying there. */
const isIdle = ([name, value]: readonly [string, JsonValue | undefined]): boolean =>
  name === "response_format" || (name === "size" && value === "auto");

const toGeneration = (call: Call): Call => {
  const removed = Object.entries(call.body).flatMap((member) => (isIdle(member) ? [member[0]] : []));
  return { ...changeCall(call, { members: {}, removed }), protocol: generations };
};

/** Of a form everything is a text. */
const numbers: ReadonlySet<string> = new Set(["n", "output_compression", "seed"]);
const imageForm = /^image(?:\[\d*\])?$/;

const toEdit = (call: Call): Call | Refusal => {
  const files = call.files ?? [];
  if (files.some(({ field }) => field === "mask")) {
    return refuse("unsupported_value", {
      message: "OpenRouter takes no mask: say in the prompt what is to be changed.",
      param: "mask",
    });
  }
  const images = files.filter(({ field }) => imageForm.test(field));
  if (images.length === 0) {
    return refuse("invalid_value", { message: "image must be a file of the form.", param: "image" });
  }
  // Its stream would be told as that of a generation: it is asked whole, and told here.
  const said = Object.entries(call.body).filter((member) => !isIdle(member) && member[0] !== "stream");
  const members = said.map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]);
  const toBody = (more: JsonObject): Uint8Array =>
    withReferences({ ...Object.fromEntries(members), ...more, input_references: undefined }, images);
  return { ...call, contentType: "application/json", toBody, protocol: edits };
};

const encoder = new TextEncoder();

/** The JSON with the images in it, each written once into its place: they may be as large as a body may be. */
const withReferences = (members: JsonObject, images: readonly CallFile[]): Uint8Array => {
  const head = `${JSON.stringify(members).slice(0, -1)},"input_references":[`;
  const parts = images.flatMap((image, index) => [
    encoder.encode(`${index === 0 ? head : '"}},'}{"type":"image_url","image_url":{"url":"`),
    image,
  ]);
  const all = [...parts, encoder.encode('"}}]}')];
  const sizeOf = (part: Uint8Array | CallFile): number =>
    part instanceof Uint8Array ? part.length : part.dataUrlBytes;
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + sizeOf(part), 0));
  let at = 0;
  for (const part of all) {
    if (part instanceof Uint8Array) bytes.set(part, at);
    else part.writeDataUrl(bytes, at);
    at += sizeOf(part);
  }
  return bytes;
};
