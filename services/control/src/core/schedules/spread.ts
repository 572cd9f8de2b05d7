// A number that looks random and follows from a text: the same jitter on every process and after every restart.

/** In [0, 1), the same for the same text. FNV-1a, then the finalizer of MurmurHash3. */
export const spread = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};

/** How long after its due time a run starts: from 0 to jitterMs, both included. */
export const jitterOf = (scheduleId: string, dueAt: number, jitterMs: number): number =>
  Math.floor(spread(`${scheduleId}:${dueAt}`) * (jitterMs + 1));
