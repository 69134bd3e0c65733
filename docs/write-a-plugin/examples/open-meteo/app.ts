import { connection } from "@conn/core";
import type {} from "./connection.ts";

/** The warmest of the next three days in Berlin. */
export async function warmestDay(): Promise<string> {
  const conn = await connection("weather", { type: "open-meteo" });
  const days = await conn.read("daily", {
    latitude: 52.52,
    longitude: 13.41,
    variables: ["temperature_2m_max"],
    days: 3,
  });
  const rows = days.rows() as { time: string; temperature_2m_max: number }[];
  return rows.reduce((a, b) => (b.temperature_2m_max > a.temperature_2m_max ? b : a)).time;
}
