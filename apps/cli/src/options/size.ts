const units: Readonly<Record<string, number>> = { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** "4096", "512KiB", "2MiB" in bytes; undefined: it is none. */
export const parseSize = (text: string): number | undefined => {
  const [, count, unit = ""] = /^(\d{1,12})(KiB|MiB|GiB)?$/.exec(text.trim()) ?? [];
  const bytes = Number(count) * (units[unit] ?? Number.NaN);
  return count !== undefined && Number.isSafeInteger(bytes) ? bytes : undefined;
};
