import type { MySourceConnection } from "./connection.ts";

export type { MySourceConfig } from "./config.ts";
export { MySourceConnection } from "./connection.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    "my-source": MySourceConnection;
  }
}
