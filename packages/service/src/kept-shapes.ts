// Objects of the latest requests, kept for as long as a collection at rest may come. Where no request runs no object of
// one is alive, and with the last of them V8 drops its shape and all optimized code that knows the shape: the service
// would be cold after each collection. What is kept may hold a caller's key and prompt, so it is let go soon: when the rest
// is over its collection, and after `generationLooks` twice (140 s) where there is no rest.

/** More than the looks that make the longest rest: what a rest follows is still there at its end. */
const generationLooks = 70;

export class KeptShapes {
  #latest = new Map<string, unknown>();
  #before = new Map<string, unknown>();
  #looks = 0;

  /** In place of what was kept there before. The places are few, and named by the code. */
  keep(place: string, objects: unknown): void {
    this.#latest.set(place, objects);
  }

  /** A second passed. */
  look(): void {
    this.#looks += 1;
    if (this.#looks % generationLooks !== 0) return;
    this.#before = this.#latest;
    this.#latest = new Map();
  }

  forget(): void {
    this.#latest.clear();
    this.#before.clear();
  }

  get size(): number {
    return new Set([...this.#latest.keys(), ...this.#before.keys()]).size;
  }
}
