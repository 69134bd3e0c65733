import { misfit } from "./columns.ts";

/** The value of a cell that holds JSON as text. */
export function parseJsonCell(cell: unknown): unknown {
  if (typeof cell !== "string") return misfit;
  try {
    // Numbers that long may have no double of the same value.
    for (const [digits] of cell.matchAll(/-?\d[\d.]{15,}/g))
      if (String(Number(digits)) !== digits) return misfit;
    const value: unknown = JSON.parse(cell);
    // A cell that holds JSON's null is not a cell that is missing.
    return value === null ? misfit : value;
  } catch {
    return misfit;
  }
}
