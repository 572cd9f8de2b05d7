// Keeps the results of a pure function that is slow: nothing can tell whether a value was kept or made anew.

/** `make` with the last `max` results kept. */
export const memoized = <Value>(max: number, make: (key: string) => Value): ((key: string) => Value) => {
  const kept = new Map<string, Value>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    const [oldest] = kept.keys();
    if (kept.size >= max && oldest !== undefined) kept.delete(oldest);
    kept.set(key, made);
    return made;
  };
};
