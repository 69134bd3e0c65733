import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { CheckSteps } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { firstBytes, wayTo } from "../server/way.ts";
import { addressOf, defaultPort } from "./settings.ts";

export async function wayToMssql(config: SQLConfig, connection: string): Promise<CheckSteps> {
  const { host, port, instance, ssl, strict } = addressOf(config, connection);
  // Where an instance listens is asked of its host as a part of the login.
  if (port === undefined && instance !== undefined) return {};
  const address = { ...config, host, port, ssl } as SQLConfig;
  return wayTo(address, connection, {
    port: defaultPort,
    socketPath: (path) => path,
    startTls: strict ? async () => undefined : startTls,
  });
}

/** Kinds of packets and of options before the login: [MS-TDS] 2.2.3.1.1 and 2.2.6.5. */
const preloginPacket = 0x12;
const encryptionOption = 0x01;
const terminator = 0xff;
const header = 8;
const packetSize = 4096;

async function startTls(socket: Socket): Promise<Duplex> {
  socket.write(inPackets(prelogin()));
  const answer = await firstBytes(
    socket,
    (bytes) => bytes.length >= header && bytes.length >= bytes.readUInt16BE(2),
  );
  if (!encrypts(answer.subarray(header)))
    throw new Error("The server did not negotiate encryption.");
  return carrierOf(socket);
}

/** A version, and the wish for TLS. */
function prelogin(): Buffer {
  const head = Buffer.from([0, 0, 11, 0, 6, encryptionOption, 0, 17, 0, 1, terminator]);
  return Buffer.concat([head, Buffer.from([0, 0, 0, 0, 0, 0, 1])]);
}

/** Whether the server says that it will, or must, speak TLS. */
function encrypts(options: Buffer): boolean {
  for (let at = 0; at + 5 <= options.length && options[at] !== terminator; at += 5)
    if (options[at] === encryptionOption)
      return [1, 3].includes(options[options.readUInt16BE(at + 1)]!);
  return false;
}

/** TLS's handshake goes within packets of the same kind. */
function carrierOf(socket: Socket): Duplex {
  let rest: Buffer = Buffer.alloc(0);
  const carrier = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => socket.write(inPackets(chunk), done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= header && rest.length >= rest.readUInt16BE(2)) {
      const length = Math.max(header, rest.readUInt16BE(2));
      carrier.push(rest.subarray(header, length));
      rest = rest.subarray(length);
    }
  });
  socket.once("close", () => carrier.push(null)).resume();
  return carrier;
}

function inPackets(bytes: Buffer): Buffer {
  const packets: Buffer[] = [];
  const room = packetSize - header;
  for (let at = 0; at < bytes.length; at += room) {
    const body = bytes.subarray(at, at + room);
    const head = Buffer.alloc(header);
    head[0] = preloginPacket;
    head[1] = at + room >= bytes.length ? 1 : 0;
    head.writeUInt16BE(header + body.length, 2);
    packets.push(head, body);
  }
  return Buffer.concat(packets);
}
