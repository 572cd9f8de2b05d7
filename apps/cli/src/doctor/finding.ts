export interface Finding {
  readonly check: string;
  readonly result: "ok" | "note" | "problem";
  readonly text: string;
  readonly next?: string;
}
