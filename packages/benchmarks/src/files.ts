import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { alternate, result, type Result, script } from "./measure.ts";

/** Reading one object of S3: as fast as the network gives it, and where each connection is limited. */
export async function measureFiles(): Promise<Result[]> {
  return [...(await measureWhole()), ...(await measureLimited())];
}

async function measureWhole(): Promise<Result[]> {
  await using server = await objectServer(200_000_000);
  const run = (...more: readonly string[]) => ({
    ours: () => script("files", "ours", server.port, ...more),
    bare: () => script("files", "bare", server.port, ...more),
    chunks: () => script("files", "bare-chunks", server.port, ...more),
  });
  const speed = await alternate(5, run());
  const memory = await alternate(3, run("memory"));
  // The fastest way holds the object twice at its end; the other is as sparing as conn.
  const peers = { bare: "chunks joined at the end", chunks: "into one buffer" } as const;
  const measures = [
    ["S3 object of 200 MB to memory", "ms", speed, 1.05],
    ["peak memory of that", "MB", memory, 1.2],
  ] as const;
  return (["bare", "chunks"] as const).flatMap((peer) =>
    measures.map(([measure, unit, values, most]) => {
      const beside = { name: `bare SDK, ${peers[peer]}`, value: values[peer] };
      return result(measure, unit, values.ours!, beside, { of: "ratio", most });
    }),
  );
}

async function measureLimited(): Promise<Result[]> {
  await using server = await objectServer(100_000_000, 10_000_000);
  const { ours, bare } = await alternate(3, {
    ours: () => script("files", "ours", server.port, "1"),
    bare: () => script("files", "bare-chunks", server.port, "1"),
  });
  return [
    result(
      "the same of 100 MB, each connection limited to 10 MB/s, as speed",
      "MB/s",
      100_000 / ours!,
      { name: "bare SDK, one stream", value: 100_000 / bare! },
      { of: "ratio", least: 4.5 },
    ),
  ];
}

async function objectServer(
  size: number,
  rate = Infinity,
): Promise<AsyncDisposable & { readonly port: string }> {
  const program = fileURLToPath(new URL("programs/object-server.ts", import.meta.url));
  const server = spawn(process.execPath, [program, String(size), String(rate)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  return {
    port: port.toString().trim(),
    async [Symbol.asyncDispose]() {
      server.kill();
      await once(server, "exit");
    },
  };
}
