import { misfit } from "../columns.ts";

const pattern =
  /^(?:([-+]?\d+) years? ?)?(?:([-+]?\d+) mons? ?)?(?:([-+]?\d+) days? ?)?(?:([-+]?)(\d+):(\d\d):(\d\d)(\.\d+)?)?$/;

/** An interval in PostgreSQL's own style, `1 year 2 mons 3 days -04:05:06.789`, as an ISO 8601 duration. */
export function parseInterval(cell: unknown): unknown {
  const text = String(cell);
  // The style of the server's settings may be ISO already.
  if (/^P[-+\dYMDWTHS.]+$/.test(text)) return text;
  const match = text === "" ? null : pattern.exec(text);
  if (!match) return misfit;
  const [, years, months, days, sign, hours, minutes, seconds, fraction = ""] = match;
  const minus = sign === "-" ? "-" : "";
  const part = (value: string | undefined, unit: string, prefix = ""): string =>
    value === undefined || Number(value) === 0 ? "" : `${prefix}${Number(value)}${unit}`;
  const date = part(years, "Y") + part(months, "M") + part(days, "D");
  const whole = seconds === undefined ? "" : trimmed(`${Number(seconds)}${fraction}`);
  const time =
    part(hours, "H", minus) +
    part(minutes, "M", minus) +
    (whole === "" || whole === "0" ? "" : `${minus}${whole}S`);
  if (date === "" && time === "") return "PT0S";
  return `P${date}${time === "" ? "" : `T${time}`}`;
}

function trimmed(seconds: string): string {
  return seconds.includes(".") ? seconds.replace(/\.?0+$/, "") : seconds;
}
