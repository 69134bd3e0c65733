import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { messageType, packet, PacketReader } from "./packets.ts";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that nobody else signed, for the names of this machine. */
export function selfSigned(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "conn-tds-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    execFileSync(
      "openssl",
      [
        ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(" "),
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout",
        key,
        "-out",
        cert,
      ],
      { stdio: "ignore" },
    );
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * TLS on a socket, whose handshake travels inside of prelogin packets and all that follows bare:
 * [MS-TDS] 2.2.6.5.
 */
export function secure(socket: Socket, certificate: Certificate): TLSSocket {
  const packets = new PacketReader();
  let shaken = false;
  const bare = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      socket.write(shaken ? chunk : inPrelogin(chunk), done);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    if (shaken || chunk[0] !== messageType.prelogin) bare.push(chunk);
    else for (const { body } of packets.read(chunk)) bare.push(body);
  });
  socket.on("close", () => bare.push(null));
  // From 1.3 on a server speaks after the handshake, when nobody knows any more what is in a packet.
  const secureContext = createSecureContext({ ...certificate, maxVersion: "TLSv1.2" });
  const tls = new TLSSocket(bare, { isServer: true, secureContext });
  // Its last words go into packets still; what the client says next does not.
  tls.on("secure", () => setImmediate(() => (shaken = true)));
  return tls;
}

/** The size of packets that have not been agreed on yet. */
const packetSize = 4096;

function inPrelogin(chunk: Buffer): Buffer {
  const packets: Buffer[] = [];
  const room = packetSize - 8;
  for (let at = 0; at < chunk.length; at += room) {
    const last = at + room >= chunk.length;
    packets.push(packet(messageType.prelogin, chunk.subarray(at, at + room), last));
  }
  return Buffer.concat(packets);
}
