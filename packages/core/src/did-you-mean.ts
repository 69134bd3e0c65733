/**
 * The candidate that `word` most likely means, or `undefined` where none is near. Upper and lower
 * case, `_` and `-` count as the same; a longer word may hold more slips.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  // Nobody mistypes a name this long, and the comparison is quadratic.
  if (word.length === 0 || word.length > 100) return undefined;
  const wanted = normalise(word);
  let nearest: string | undefined;
  let least = 1 + Math.min(3, Math.floor((wanted.length + 1) / 3));
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) > 8) continue;
    const distance = edits(wanted, normalise(candidate), least);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

function normalise(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours between two words; at least `limit` where there are more. */
function edits(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  const table: number[][] = [];
  for (let row = 0; row <= from.length; row++) {
    table.push([row]);
    for (let column = 1; column <= to.length; column++) {
      const at = (up: number, left: number): number =>
        table[row - up]?.[column - left] ?? row + column;
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      table[row]!.push(
        Math.min(
          at(1, 0) + 1,
          at(0, 1) + 1,
          at(1, 1) + (same ? 0 : 1),
          swapped ? at(2, 2) + 1 : Infinity,
        ),
      );
    }
  }
  return table[from.length]![to.length]!;
}
