import { z } from "zod";

/** The settings in `[connections.<name>]` of a secrets file. What is `writeOnly` is never shown. */
export const config = z.strictObject({
  host: z
    .string()
    .describe("The server's name or address.")
    .meta({ examples: ["localhost"] }),
  port: z.int().min(1).max(65_535).default(7357).describe("The server's port."),
  password: z
    .string()
    .describe("Lets you in.")
    .meta({ writeOnly: true, examples: ["<password>"] }),
});

export type MySourceConfig = z.infer<typeof config>;
