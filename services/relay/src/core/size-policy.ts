// Which size a terminal should have among many attachments. Pure; it does not know sessions or time.
//
// I1 Only visible, declared viewports of operators count; with none of them the size stays as it is.
import type { Geometry, ResizePolicy, Role, Viewport } from "./parties.ts";

export interface SizeParty {
  readonly role: Role;
  readonly viewport: Viewport | undefined;
  /** Grows with every use (typing, declaring a viewport, attaching); the latest is the largest. */
  readonly usedAt: number;
}

const counts = (party: SizeParty): party is SizeParty & { readonly viewport: Viewport } =>
  party.role === "operator" && party.viewport !== undefined && !party.viewport.hidden;

/** Undefined: leave the size alone. */
export const chooseSize = (policy: ResizePolicy, parties: Iterable<SizeParty>): Geometry | undefined => {
  if (policy === "fixed") return undefined;
  let chosen: Geometry | undefined;
  let usedAt = Number.NEGATIVE_INFINITY;
  for (const party of parties) {
    if (!counts(party)) continue;
    const { cols, rows } = party.viewport;
    if (policy === "smallest") {
      chosen = { cols: Math.min(cols, chosen?.cols ?? cols), rows: Math.min(rows, chosen?.rows ?? rows) };
    } else if (party.usedAt > usedAt) {
      chosen = { cols, rows };
      usedAt = party.usedAt;
    }
  }
  return chosen;
};

/** A viewport that a terminal can take: whole cells within the bound. */
export const isViewport = (viewport: Viewport, cellsMax: number): boolean =>
  Number.isInteger(viewport.cols) &&
  Number.isInteger(viewport.rows) &&
  viewport.cols >= 1 &&
  viewport.rows >= 1 &&
  viewport.cols <= cellsMax &&
  viewport.rows <= cellsMax;
