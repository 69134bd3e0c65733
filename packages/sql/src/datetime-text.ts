/**
 * As servers write it: `2024-02-29 23:30:00.123456`, of the text of a datetime, or of an instant in
 * milliseconds, in UTC.
 */
export function datetimeText(value: unknown): string {
  if (typeof value !== "number") return String(value).replace("T", " ");
  const ms = Math.floor(value);
  const micros = Math.round((value - ms) * 1000);
  const digits = String(ms - Math.floor(ms / 1000) * 1000).padStart(3, "0");
  const fraction = `${digits}${String(micros).padStart(3, "0")}`.replace(/0+$/, "");
  const seconds = new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  return fraction === "" ? seconds : `${seconds}.${fraction}`;
}

export function instantText(value: unknown): string {
  return `${datetimeText(value)}+00`;
}
