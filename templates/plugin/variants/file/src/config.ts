import { z } from "zod";

/** The settings in `[connections.<name>]` of a secrets file. Mark one that is secret with `writeOnly`. */
export const config = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe("The folder that holds the files.")
    .meta({ examples: ["./data"] }),
});

export type MySourceConfig = z.infer<typeof config>;
