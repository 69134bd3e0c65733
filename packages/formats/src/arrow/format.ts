import { Table } from "@conn/core";
import type { Format } from "../format.ts";
import { collect } from "../open.ts";

/** Arrow IPC, as file or stream (Feather's second version is the former). */
export const arrow: Format = {
  name: "arrow",
  extensions: ["arrow", "arrows", "feather", "ipc"],
  contentTypes: ["application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"],
  matches: (head) =>
    Buffer.from(head.subarray(0, 6)).toString("latin1") === "ARROW1" ||
    (head.length > 8 && head.subarray(0, 4).every((byte) => byte === 0xff)),
  async *read(source, options) {
    const bytes = await collect(source.name, source.stream(options.signal), options);
    yield await Table.fromIPC(bytes);
  },
  async *write(table) {
    yield await table.toIPC();
  },
};
