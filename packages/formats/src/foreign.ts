import { ConnError } from "@conn/core";

/** What people have that no format here reads, by its first bytes in hexadecimal. */
const marks: readonly (readonly [start: string, what: string, remedy: string])[] = [
  ["504b0304", "a zip archive", "Unpack it, and read the file in it."],
  ["fd377a585a00", "compressed with xz", "Decompress it, or compress it with gzip or zstd."],
  ["04224d18", "compressed with LZ4", "Decompress it, or compress it with gzip or zstd."],
  ["377abcaf271c", "a 7z archive", "Unpack it, and read the file in it."],
  ["d0cf11e0a1b11ae1", "of Office before 2007", "Save it as .xlsx, without a password."],
];

/** The error for content that is known, and not read; undefined for any other. */
export function foreignContent(name: string, head: Uint8Array): ConnError | undefined {
  const start = Buffer.from(head.subarray(0, 8)).toString("hex");
  const mark = marks.find(([bytes]) => start.startsWith(bytes));
  return mark && new ConnError("CONN_FORMAT", `${name} is ${mark[1]}.`, { hint: mark[2] });
}
