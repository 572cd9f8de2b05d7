import { expect, it } from "vitest";
import { imageEditsProtocol } from "../../core/images.ts";
import { toOpenRouterImages } from "../../core/openrouter-images.ts";
import { toCall } from "./calls.ts";

const toFormCall = async (form: FormData) => {
  const sent = new Response(form);
  const headers = { "content-type": sent.headers.get("content-type") ?? "" };
  const read = toCall(imageEditsProtocol, { headers, body: new Uint8Array(await sent.arrayBuffer()) });
  if (read.kind !== "call") throw new Error(read.message);
  return read.call;
};

const toBytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * 31) % 256);

// Files are large: what is sent is made of the bytes that came, in one piece, and no text of it is made beside that.
it("a form with another model is sent as bytes, the rest of it as it came", async () => {
  const form = new FormData();
  form.append("prompt", "Grüße");
  form.append("model", "lone");
  form.append("image", new File([toBytes(70_000)], "a.png", { type: "image/png" }));
  const call = await toFormCall(form);
  const body = call.toBody({ model: "größer" });
  if (typeof body === "string") throw new Error("a text");
  const read = await new Response(new Uint8Array(body), {
    headers: { "content-type": call.contentType },
  }).formData();
  const image = read.get("image");
  expect([read.get("prompt"), read.get("model")]).toEqual(["Grüße", "größer"]);
  expect(image instanceof File && new Uint8Array(await image.arrayBuffer())).toEqual(toBytes(70_000));
});

it("images that OpenRouter changes are sent as bytes of JSON, each as a reference", async () => {
  // A file is encoded piece by piece.
  const files = [0, 1, 2, 3, 49_151, 49_152, 49_153, 200_000].map(toBytes);
  const form = new FormData();
  form.append("model", "lone");
  form.append("prompt", 'Grüße "]}');
  form.append("input_references", "[]");
  for (const file of files) form.append("image[]", new File([file], "a", { type: "image/svg+xml" }));
  const call = toOpenRouterImages(await toFormCall(form));
  if (!call || "row" in call) throw new Error("no call");
  const body = call.toBody({ model: "vendor/größer" });
  if (typeof body === "string") throw new Error("a text");
  const text = new TextDecoder().decode(body);
  expect(text.split('"input_references"').length).toBe(2);
  expect(JSON.parse(text)).toEqual({
    model: "vendor/größer",
    prompt: 'Grüße "]}',
    input_references: files.map((file) => ({
      type: "image_url",
      image_url: { url: `data:image/svg+xml;base64,${Buffer.from(file).toString("base64")}` },
    })),
  });
});
