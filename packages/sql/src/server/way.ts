import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { CheckSteps } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { explainTls, tlsOptions } from "./tls.ts";

/** What one server's protocol has before the login. */
export interface WayFacts {
  readonly port: number;
  /** The path of the unix socket in the folder that stands for a host. */
  readonly socketPath: (folder: string, port: number) => string;
  /** Asks for TLS on an open socket; resolves when the server awaits the handshake, to what carries it if that is not the socket. Absent where TLS is part of the login. */
  readonly startTls?: (socket: Socket) => Promise<Duplex | undefined>;
}

/** The steps towards a server up to its login, each with an end of its own: name, socket, TLS. */
export async function wayTo(
  { host = "localhost", port, ssl, connectTimeout }: SQLConfig,
  connection: string,
  facts: WayFacts,
): Promise<CheckSteps> {
  const number = port ?? facts.port;
  const folder = host.startsWith("/");
  const tls = facts.startTls && (await tlsOptions(host, ssl));
  const target = folder
    ? { path: facts.socketPath(host, number) }
    : { host, port: number, autoSelectFamily: true };
  const within = <T>(work: Promise<T>): Promise<T> => beforeTime(connectTimeout, work);
  const open = async (): Promise<Socket> => {
    const socket = connectTcp(target);
    try {
      await within(happens(socket, "connect"));
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  return {
    ...(folder || isIP(host) !== 0 ? {} : { dns: () => within(lookup(host)) }),
    [folder ? "socket" : "tcp"]: async () => (await open()).destroy(),
    ...(tls && {
      tls: async () => {
        const socket = await open();
        try {
          const carrier = (await within(facts.startTls!(socket))) ?? socket;
          const servername = isIP(host) === 0 ? host : "";
          const secure = connectTls({ servername, host, ...tls, socket: carrier });
          await within(happens(secure, "secureConnect"));
        } catch (error) {
          throw explainTls(error, connection);
        } finally {
          socket.destroy();
        }
      },
    }),
  };
}

/** The first bytes that a server sends, at least as many as `complete` asks for. */
export function firstBytes(socket: Socket, complete: (bytes: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!complete(bytes)) return;
      socket.off("data", read).pause();
      resolve(bytes);
    };
    socket.on("data", read);
    socket.once("error", reject).once("close", () => reject(new Error("The server hung up.")));
  });
}

function happens(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve).once("error", reject);
    socket.once("close", () => reject(new Error("The server hung up.")));
  });
}

/** As long as a driver would wait too, and with the words of an operating system that gave up. */
function beforeTime<T>(seconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const error = new Error(`no answer within ${seconds} s`);
    const timer = setTimeout(
      () => reject(Object.assign(error, { code: "ETIMEDOUT" })),
      seconds * 1000,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
