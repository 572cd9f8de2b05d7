import { createHash, type Hash } from "node:crypto";
import type { AppliedMigration } from "./migrations.ts";

// The form in which a control plane moves between engines: lines of JSON. A header; for each table a line that names
// it and one line a row, every value as PostgreSQL's own text; the sequences; and a last line that counts and sums.

export const transferFormat = "cmdop-control-export/1";

export interface TransferHeader {
  readonly format: string;
  readonly migrations: readonly AppliedMigration[];
}

export interface TransferTable {
  readonly table: string;
  readonly columns: readonly string[];
}

export type TransferRow = readonly (string | null)[];

export interface TransferSequence {
  readonly sequence: string;
  /** Null when it was never used. */
  readonly last: string | null;
}

export interface TransferManifest {
  readonly rows: number;
  /** Of every line before this one, each with its line end; hexadecimal. */
  readonly sha256: string;
}

export type TransferLine =
  | TransferHeader
  | TransferTable
  | TransferRow
  | TransferSequence
  | { readonly end: TransferManifest };

/** Counts and sums the lines of an export as they pass. */
export class TransferSum {
  readonly #hash: Hash = createHash("sha256");
  #rows = 0;

  add(text: string, isRow: boolean): void {
    this.#hash.update(text).update("\n");
    if (isRow) this.#rows += 1;
  }

  finish(): TransferManifest {
    return { rows: this.#rows, sha256: this.#hash.digest("hex") };
  }
}
