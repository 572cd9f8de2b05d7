// Rates per key as token buckets. A key that is full again is forgotten, so only who was active lately costs memory.
//
// I1 Within any t seconds a key gets at most burst + rate * t.
// I2 At most `keysMax` keys are held; beyond that a new key is refused until others fill up again (fails closed).

export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(options: { perSecond: number; burst: number; keysMax: number }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#keysMax = options.keysMax;
  }

  /** 0: taken. Else the milliseconds until one is there. */
  take(key: string, nowMs: number): number {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#keysMax) return 1000 / this.#perSecond;
      bucket = { tokens: this.#burst, atMs: nowMs };
      this.#buckets.set(key, bucket);
    }
    bucket.tokens = this.#tokensAt(bucket, nowMs);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1000) / this.#perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  sweep(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#tokensAt(bucket, nowMs) >= this.#burst) this.#buckets.delete(key);
    }
  }

  get size(): number {
    return this.#buckets.size;
  }

  #tokensAt(bucket: { tokens: number; atMs: number }, nowMs: number): number {
    return Math.min(this.#burst, bucket.tokens + ((nowMs - bucket.atMs) * this.#perSecond) / 1000);
  }
}
