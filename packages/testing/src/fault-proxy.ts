import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/** Where the proxy passes bytes on to. */
export interface ProxyTarget {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
}

/** A TCP proxy on 127.0.0.1 that disturbs what it carries. Shapes add up until `pass()` clears them. */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections from clients that are open now. */
  readonly connections: number;
  /** Connections from clients since the start. */
  readonly accepted: number;
  /** Bytes taken from clients since the start. */
  readonly bytesSent: number;
  /** Bytes handed to clients since the start. */
  readonly bytesReceived: number;
  /** Listens, and carries everything unchanged; what `blackhole()` held back arrives now. */
  pass(): Promise<void>;
  /** Refuses new connections; open ones go on. */
  refuse(): Promise<void>;
  /** Accepts connections and carries nothing, as a network that lost its route. */
  blackhole(): void;
  /** Ends every open connection in an orderly way. */
  drop(): void;
  /** Cuts every open connection off with RST. */
  reset(): void;
  /** Delays each chunk of the answers by so many milliseconds. */
  latency(ms: number): void;
  /** Cuts the answers into pieces of so many bytes, each sent on its own. */
  slicer(bytes: number): void;
  /** Ends each connection once so many more bytes of its answers have passed. */
  limitData(bytes: number): void;
  /** Ends each connection so many milliseconds after it next sends something. */
  closeAfter(ms: number): void;
}

interface Shape {
  /** Resolves once bytes may pass. */
  gate: Promise<void>;
  open: () => void;
  latency: number;
  slice: number;
  limit: number;
  closeAfter: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  left: number;
}

/** Starts a proxy before a server that listens on TCP. It ends with `await using`. */
export async function faultProxy({ host = "127.0.0.1", port }: ProxyTarget): Promise<FaultProxy> {
  const links = new Set<Link>();
  const shape: Shape = { gate: Promise.resolve(), open: () => {}, ...noShape() };
  const count = { accepted: 0, sent: 0, received: 0 };
  let listener: Server | undefined;
  let ownPort = 0;

  const accept = (client: Socket): void => {
    count.accepted++;
    const link: Link = { client, server: connect({ host, port }), left: shape.limit };
    links.add(link);
    client.once("close", () => links.delete(link));
    carry(client, link.server, async (chunk) => {
      count.sent += chunk.length;
      if (shape.closeAfter < Infinity) setTimeout(() => end(link), shape.closeAfter).unref();
      await shape.gate;
      link.server.write(chunk);
    });
    carry(link.server, client, async (chunk) => {
      for (let at = 0; at < chunk.length; at += Math.min(shape.slice, chunk.length)) {
        await shape.gate;
        if (shape.latency > 0) await pause(shape.latency);
        const piece = chunk.subarray(at, at + shape.slice).subarray(0, link.left);
        link.left -= piece.length;
        count.received += piece.length;
        if (!client.destroyed && piece.length > 0) await write(client, piece);
        if (link.left <= 0) return end(link);
      }
    });
  };

  const listen = async (): Promise<void> => {
    if (listener) return;
    listener = createServer({ noDelay: true }, accept).listen(ownPort, "127.0.0.1");
    await once(listener, "listening");
    ownPort = (listener.address() as { port: number }).port;
  };
  const stop = async (): Promise<void> => {
    // Open links keep `close` from calling back, and they may go on: not awaited.
    listener?.close();
    listener = undefined;
  };
  const unblock = (): void => {
    shape.open();
    shape.gate = Promise.resolve();
  };
  await listen();

  return {
    host: "127.0.0.1",
    get port() {
      return ownPort;
    },
    get connections() {
      return links.size;
    },
    get accepted() {
      return count.accepted;
    },
    get bytesSent() {
      return count.sent;
    },
    get bytesReceived() {
      return count.received;
    },
    async pass() {
      Object.assign(shape, noShape());
      for (const link of links) link.left = Infinity;
      unblock();
      await listen();
    },
    refuse: stop,
    blackhole() {
      unblock();
      shape.gate = new Promise((resolve) => (shape.open = resolve));
    },
    drop() {
      for (const link of links) end(link);
    },
    reset() {
      for (const { client, server } of links) {
        // The system refuses RST to a socket that is about to end, and Node then never closes it.
        if (client.writableEnded) client.destroy();
        else client.resetAndDestroy();
        server.destroy();
      }
    },
    latency(ms) {
      shape.latency = ms;
    },
    slicer(bytes) {
      shape.slice = Math.max(1, bytes);
    },
    limitData(bytes) {
      shape.limit = bytes;
      for (const link of links) link.left = bytes;
    },
    closeAfter(ms) {
      shape.closeAfter = ms;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      unblock();
      for (const { client, server } of links) {
        client.destroy();
        server.destroy();
      }
    },
  };
}

function noShape(): Pick<Shape, "latency" | "slice" | "limit" | "closeAfter"> {
  return { latency: 0, slice: Infinity, limit: Infinity, closeAfter: Infinity };
}

/** Hands on what arrives, in its order, and then how it ended. */
function carry(from: Socket, to: Socket, pass: (chunk: Buffer) => Promise<void>): void {
  let last = Promise.resolve();
  const after = (task: () => void | Promise<void>): void => {
    last = last.then(task).catch(() => void to.destroy());
  };
  from.on("data", (chunk: Buffer) => {
    // No more is read than can be handed on.
    from.pause();
    after(() => pass(chunk));
    after(() => void from.resume());
  });
  from.on("end", () => after(() => void to.end()));
  from.on("close", () => after(() => void to.end()));
  from.on("error", () => to.destroy());
}

function write(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => to.write(bytes, () => resolve()));
}

function end({ client, server }: Link): void {
  client.end(() => client.destroy());
  server.destroy();
}
