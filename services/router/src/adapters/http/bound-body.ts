import { type Readable, Transform } from "node:stream";

export class BodyTooLarge extends Error {
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    super(`a body of more than ${bytesMax} bytes`);
    this.bytesMax = bytesMax;
  }
}

/** The same bytes; fails at the one that is too many, and reads no further. */
export const boundBody = (body: Readable, bytesMax: number): Readable => {
  let bytes = 0;
  const bounded = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes > bytesMax) done(new BodyTooLarge(bytesMax));
      else done(null, chunk);
    },
  });
  body.once("error", (error) => bounded.destroy(error));
  return body.pipe(bounded);
};
