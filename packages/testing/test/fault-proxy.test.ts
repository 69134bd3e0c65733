import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FaultProxy, faultProxy } from "../src/index.ts";

/** A server that answers whatever it gets with the same bytes, and a proxy before it. */
async function echo(): Promise<FaultProxy> {
  const server = createServer((socket) => void socket.on("error", () => {}).pipe(socket)).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const proxy = await faultProxy(server.address() as { port: number });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
  });
  return proxy;
}

async function client({
  port,
}: FaultProxy): Promise<{ socket: Socket; chunks: Buffer[]; ended: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const ended = new Promise<string>((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code!));
    socket.once("close", () => resolve("closed"));
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return { socket, chunks, ended };
}

async function answer({ chunks }: { chunks: Buffer[] }, length: number): Promise<string> {
  await expect.poll(() => Buffer.concat(chunks).length).toBe(length);
  return Buffer.concat(chunks).toString();
}

describe("the fault proxy", () => {
  it("passes bytes on unchanged, and counts them", async () => {
    const proxy = await echo();
    const pets = await client(proxy);
    pets.socket.write("fish");
    expect(await answer(pets, 4)).toBe("fish");
    expect(proxy).toMatchObject({ connections: 1, accepted: 1, bytesSent: 4, bytesReceived: 4 });
  });

  it("carries a megabyte in order", async () => {
    const pets = await client(await echo());
    const text = Array.from({ length: 100_000 }, (_, index) =>
      String(index).padStart(10, "0"),
    ).join("");
    pets.socket.write(text);
    expect(await answer(pets, text.length)).toBe(text);
  });

  it("refuses new connections and keeps the old, until it passes again on the same port", async () => {
    const proxy = await echo();
    const old = await client(proxy);
    const { port } = proxy;
    await proxy.refuse();
    await expect(client(proxy)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    old.socket.write("cat");
    expect(await answer(old, 3)).toBe("cat");
    await proxy.pass();
    expect(proxy.port).toBe(port);
    await client(proxy);
  });

  it("holds back everything in a black hole, and delivers it afterwards", async () => {
    const proxy = await echo();
    const pets = await client(proxy);
    proxy.blackhole();
    pets.socket.write("puppy");
    await expect.poll(() => proxy.bytesSent).toBe(5);
    expect(proxy.bytesReceived).toBe(0);
    await proxy.pass();
    expect(await answer(pets, 5)).toBe("puppy");
  });

  it("ends connections in an orderly way, or cuts them off", async () => {
    const proxy = await echo();
    const [first, second] = [await client(proxy), await client(proxy)];
    first.socket.write("fish");
    await answer(first, 4);
    proxy.drop();
    expect(await first.ended).toBe("closed");
    expect(await second.ended).toBe("closed");
    const third = await client(proxy);
    third.socket.write("fish");
    await answer(third, 4);
    proxy.reset();
    expect(await third.ended).toBe("ECONNRESET");
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("cuts answers into slices that come late", async () => {
    const proxy = await echo();
    const pets = await client(proxy);
    proxy.slicer(1);
    proxy.latency(2);
    pets.socket.write("fish");
    expect(await answer(pets, 4)).toBe("fish");
    expect(pets.chunks.length).toBeGreaterThan(1);
  });

  it("ends a connection after so many bytes", async () => {
    const proxy = await echo();
    proxy.limitData(2);
    const pets = await client(proxy);
    pets.socket.write("fish");
    await pets.ended;
    expect(Buffer.concat(pets.chunks).toString()).toBe("fi");
  });

  it("ends a connection some time after it was used", async () => {
    const proxy = await echo();
    proxy.closeAfter(5);
    const pets = await client(proxy);
    pets.socket.write("fish");
    expect(await pets.ended).toMatch(/closed|ECONNRESET/);
  });
});
