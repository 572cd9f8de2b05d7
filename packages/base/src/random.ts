/** Randomness as a value that a test can seed. */
export interface Random {
  /** `size` bytes; from the system's generator outside tests. */
  bytes(size: number): Uint8Array<ArrayBuffer>;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  fraction: () => Math.random(),
};
