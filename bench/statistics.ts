/** Samples of one figure, with exact percentiles: these runs are small enough to keep every sample. */
export class Samples {
  readonly #values: number[] = [];

  add(value: number): void {
    this.#values.push(value);
  }

  get count(): number {
    return this.#values.length;
  }

  /** The value below which `fraction` of the samples lie (nearest rank). NaN without samples. */
  percentile(fraction: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1));
    return sorted[rank] ?? Number.NaN;
  }

  summary(): { count: number; p50: number; p90: number; p99: number; max: number } {
    return {
      count: this.count,
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p99: this.percentile(0.99),
      max: this.percentile(1),
    };
  }
}

/** All of them in one line, for a row's detail. */
export const percentiles = (samples: Samples): string => {
  const { count, p50, p90, p99, max } = samples.summary();
  const text = (value: number): string => value.toPrecision(3);
  return `p50 ${text(p50)}, p90 ${text(p90)}, p99 ${text(p99)}, max ${text(max)}; ${count} samples`;
};

export const median = (values: readonly number[]): number => {
  const samples = new Samples();
  for (const value of values) samples.add(value);
  return samples.percentile(0.5);
};
