/** Of the Gregorian calendar; January is 1. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Of the Gregorian calendar; negative before. Years are counted from March, so that a leap day comes last. */
export function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 719_469;
}

/** Milliseconds of the year 2248, and as many before 1970: nearer ones tell microseconds apart in a double. */
const farthest = 2 ** 43;

/**
 * An instant of whole milliseconds and the rest of one, to the microsecond. In years too far away for a
 * double to hold that, the rest is cut off: rounded up, the last moment of the year 9999 would be in the
 * next.
 */
export function instantOf(whole: number, rest: number): number {
  return whole + (Math.abs(whole) < farthest ? rest : Math.floor(rest));
}
