// Counts of requests in plain numbers. The library's own counters check, sort and join the labels at every count, which
// took 4% of a request; here it is a look-up, and the library gets the sums when somebody asks for them.
import {
  Counter,
  type CounterConfiguration,
  Histogram,
  type HistogramConfiguration,
  type MetricType,
} from "prom-client";

type Labels = Readonly<Record<string, string>>;

/** What was made for each combination of labels that came; there are few, the labels being of closed sets. */
class ByLabels<Value> {
  readonly #names: readonly string[];
  readonly #create: (labels: Labels) => Value;
  readonly #root = new Map<string, unknown>();
  readonly all: Value[] = [];

  constructor(names: readonly string[], create: (labels: Labels) => Value) {
    this.#names = names;
    this.#create = create;
  }

  at(...values: readonly string[]): Value {
    let level = this.#root;
    const last = this.#names.length - 1;
    for (let depth = 0; depth < last; depth += 1) {
      const value = values[depth] ?? "";
      const next = (level.get(value) as Map<string, unknown> | undefined) ?? new Map<string, unknown>();
      if (next.size === 0) level.set(value, next);
      level = next;
    }
    const value = values[last] ?? "";
    const known = level.get(value) as Value | undefined;
    if (known) return known;
    const made = this.#create(Object.fromEntries(this.#names.map((name, at) => [name, values[at] ?? ""])));
    level.set(value, made);
    this.all.push(made);
    return made;
  }
}

export interface Tally {
  /** `values`: of the labels, in the order of their names. */
  add(amount: number, ...values: readonly string[]): void;
}

export const createTally = (
  configuration: CounterConfiguration<string> & { readonly labelNames: readonly string[] },
): Tally => {
  const counts = new ByLabels(configuration.labelNames, (labels) => ({ labels, sum: 0 }));
  new Counter({
    ...configuration,
    collect() {
      this.reset();
      for (const { labels, sum } of counts.all) this.inc(labels, sum);
    },
  });
  return {
    add: (amount, ...values) => {
      counts.at(...values).sum += amount;
    },
  };
};

interface Observed {
  readonly labels: Labels;
  /** How many fell between a bound and the one before it; behind the last bound: the rest. */
  readonly counts: number[];
  sum: number;
}

export interface Distribution {
  observe(value: number, ...values: readonly string[]): void;
}

export const createDistribution = (
  configuration: HistogramConfiguration<string> & {
    readonly labelNames: readonly string[];
    readonly buckets: readonly number[];
  },
): Distribution => {
  const { labelNames, buckets } = configuration;
  const observations = new ByLabels<Observed>(labelNames, (labels) => ({
    labels,
    counts: new Array<number>(buckets.length + 1).fill(0),
    sum: 0,
  }));
  new TalliedHistogram({ ...configuration, buckets: [...buckets] }, observations);
  return {
    observe: (value, ...values) => {
      const observed = observations.at(...values);
      let bucket = 0;
      while (bucket < buckets.length && value > (buckets[bucket] ?? 0)) bucket += 1;
      observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1;
      observed.sum += value;
    },
  };
};

/** As it is in fact; the library's declarations say a number. */
const type = "histogram" as unknown as MetricType;

/** The library's histogram in all but where its figures come from. */
class TalliedHistogram extends Histogram<string> {
  readonly #configuration: HistogramConfiguration<string>;
  readonly #observations: ByLabels<Observed>;

  constructor(configuration: HistogramConfiguration<string>, observations: ByLabels<Observed>) {
    super(configuration);
    this.#configuration = configuration;
    this.#observations = observations;
  }

  override async get(): ReturnType<Histogram<string>["get"]> {
    const { name, help, aggregator = "sum" } = this.#configuration;
    const values = this.#observations.all.flatMap((one) => this.#valuesOf(one));
    return { name, help, type, aggregator, values, collect: () => {} };
  }

  /** What the registry asks in place of `get` where it is there. */
  getForPromString(): ReturnType<Histogram<string>["get"]> {
    return this.get();
  }

  #valuesOf({ labels, counts, sum }: Observed) {
    const { name, buckets = [] } = this.#configuration;
    let count = 0;
    const value = (suffix: string, of: number, more: Record<string, string | number> = {}) => ({
      metricName: `${name}_${suffix}`,
      labels: { ...more, ...labels },
      value: of,
    });
    return [
      ...[...buckets, "+Inf"].map((le, at) => {
        count += counts[at] ?? 0;
        return value("bucket", count, { le });
      }),
      value("sum", sum),
      value("count", count),
    ];
  }
}
