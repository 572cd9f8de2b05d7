// What the process counts of its own work, for whoever shows it. No id, name or secret is counted by.
export interface Measures {
  /** A request was answered; the operation's id, or undefined where there is none at its address. */
  answered(operation: string | undefined, status: number, seconds: number): void;
  /** An edge asked about a token: "active", or why it is not. */
  introspected(result: string): void;
  /** An edge reported: how many were taken, and how many were refused for good. */
  eventsTaken(taken: number, refused: number): void;
}

export const noMeasures: Measures = {
  answered: () => undefined,
  introspected: () => undefined,
  eventsTaken: () => undefined,
};
