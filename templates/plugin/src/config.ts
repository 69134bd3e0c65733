import { z } from "zod";

/** The settings in `[connections.<name>]` of a secrets file. What is `writeOnly` is never shown. */
export const config = z.strictObject({
  url: z
    .url()
    .describe("Where the API is.")
    .meta({ examples: ["https://api.example.org"] }),
  token: z
    .string()
    .describe("Lets you in; sent with every request.")
    .meta({ writeOnly: true, examples: ["<token>"] }),
});

export type MySourceConfig = z.infer<typeof config>;
