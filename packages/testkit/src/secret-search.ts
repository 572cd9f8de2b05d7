// Looks for secrets where none may be: in a dump, a log, a refusal, an export. What it finds it names and never shows.
import { parseOpaqueToken } from "@cmdop/authority";

interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Shorter ones stand in a text by chance. */
const charsMin = 8;
const anchorBytes = 8;

/** What is a secret wherever it comes from: private keys (Ed25519 in PKCS8 as well), signed and opaque tokens. */
const shapes: readonly (readonly [name: string, shape: RegExp, isOne?: (text: string) => boolean])[] = [
  ["a private key", /MC4CAQAwBQYDK2VwBCIEI|302e020100300506032b6570042204|-----BEGIN [A-Z ]*PRIVATE KEY/g],
  ["a signed token", /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{60,}/g],
  ["an opaque token", /cmdop_[a-z]{3}_[0-9A-Za-z]{48}/g, (text) => parseOpaqueToken(text) !== undefined],
];

/** One pass over a text, however many secrets there are: each form is met by its last eight bytes. */
export class SecretSearch {
  readonly #names = new Map<string, string>();
  readonly #forms = new Map<string, Form[]>();
  /** By 20 bits of a hash of the anchor: whether any form has it. */
  readonly #maybe = new Uint8Array(1 << 20);

  get size(): number {
    return this.#names.size;
  }

  isNoted(secret: string): boolean {
    return this.#names.has(Buffer.from(secret).toString("latin1"));
  }

  /** A text that is secret, or bytes. The first name stays. One that is too short to be looked for is left out. */
  note(name: string, secret: string | Uint8Array): void {
    const bytes = Buffer.from(secret);
    const key = bytes.toString("latin1");
    if (bytes.length < charsMin || this.#names.has(key)) return;
    this.#names.set(key, name);
    const text = typeof secret === "string" ? secret : key;
    for (const form of formsOf(text, bytes)) this.#add({ name, bytes: form });
  }

  /** The names of what is in the text, each with the place and the first word of the line that it is in. */
  findIn(place: string, text: string): readonly string[] {
    const found = new Set<string>();
    const say = (name: string, at: number): void => {
      const line = text.lastIndexOf("\n", at) + 1;
      found.add(`${name} in ${place}: ${/^\S*/.exec(text.slice(line, line + 48))?.[0]}`);
    };
    // One character a byte: what is looked for stands at the same place in both.
    const bytes = Buffer.from(text, "latin1");
    let low = 0;
    let high = 0;
    for (let end = 1; end <= bytes.length; end += 1) {
      // The last eight bytes, moved on by one.
      low = (low >>> 8) | (high << 24);
      high = (high >>> 8) | ((bytes[end - 1] ?? 0) << 24);
      if (this.#maybe[slotOf(low, high)] !== 1) continue;
      for (const form of this.#forms.get(anchorOf(bytes, end)) ?? []) {
        const at = end - form.bytes.length;
        if (at >= 0 && form.bytes.equals(bytes.subarray(at, end))) say(form.name, at);
      }
    }
    for (const [name, shape, isOne = () => true] of shapes) {
      for (const match of text.matchAll(shape)) if (isOne(match[0])) say(name, match.index);
    }
    return [...found];
  }

  #add(form: Form): void {
    const { bytes } = form;
    const anchor = anchorOf(bytes, bytes.length);
    const end = bytes.length;
    this.#maybe[slotOf(bytes.readInt32LE(end - 8), bytes.readInt32LE(end - 4))] = 1;
    this.#forms.set(anchor, [...(this.#forms.get(anchor) ?? []), form]);
  }
}

/** As it is, as a column of bytes shows it, and in base64 wherever in other bytes it begins. */
const formsOf = (text: string, secret: Buffer): readonly Buffer[] => {
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString("base64");
    // The characters at both ends hold bits of what stands beside it.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
  });
  const url = base64.map((encoded) => encoded.replaceAll("+", "-").replaceAll("/", "_"));
  const texts = new Set([text, secret.toString("hex"), ...base64, ...url]);
  return [...texts].filter((form) => form.length >= anchorBytes).map((form) => Buffer.from(form, "latin1"));
};

const anchorOf = (bytes: Buffer, end: number): string => bytes.toString("latin1", end - anchorBytes, end);

const slotOf = (low: number, high: number): number =>
  Math.imul(low ^ Math.imul(high, 0x21f0aaad), 0x735a2d97) >>> 12;
