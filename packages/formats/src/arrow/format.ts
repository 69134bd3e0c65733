import { ConnError, Table } from "@conn/core";
import type { Format } from "../format.ts";
import { collect } from "../open.ts";

/** Arrow IPC, as file or stream (Feather's second version is the former). */
export const arrow: Format = {
  name: "arrow",
  extensions: ["arrow", "arrows", "feather", "ipc"],
  contentTypes: ["application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"],
  matches: (head) =>
    isMark(head.subarray(0, 6)) ||
    (head.length > 8 && head.subarray(0, 4).every((byte) => byte === 0xff)),
  async *read(source, options) {
    const bytes = await collect(source.name, source.stream(options.signal), options);
    // A file, unlike a stream, ends with its mark as well.
    if (isMark(bytes.subarray(0, 6)) && (bytes.length < 20 || !isMark(bytes.subarray(-6))))
      throw broken(source.name, "it does not end with ARROW1, so it is cut off");
    yield await Table.fromIPC(bytes).catch((cause: unknown) => {
      if (cause instanceof ConnError) throw cause;
      throw broken(source.name, (cause as Error).message, cause);
    });
  },
  async *write(table) {
    yield await table.toIPC();
  },
};

function isMark(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).toString("latin1") === "ARROW1";
}

function broken(name: string, why: string, cause?: unknown): ConnError {
  return new ConnError("CONN_FORMAT", `${name} is no sound Arrow: ${why.replace(/\.$/, "")}.`, {
    hint: "Compare its size with the original's, or write it anew.",
    ...(cause === undefined ? {} : { cause }),
  });
}
