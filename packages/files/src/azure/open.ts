import type { FilesConfig } from "../config.ts";
import type { FileStore } from "../store.ts";

export async function openAzure(_config: FilesConfig, _connection: string): Promise<FileStore> {
  throw new Error("not yet");
}
