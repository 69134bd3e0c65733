import type { CheckSteps } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { firstBytes, type WayFacts, wayTo } from "../server/way.ts";

/** https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html */
const capabilities = { protocol41: 0x200, ssl: 0x800, secureConnection: 0x8000 };
const utf8mb4 = 45;

export function wayToMysql(config: SQLConfig, connection: string): Promise<CheckSteps> {
  return wayTo(config, connection, facts);
}

const facts: WayFacts = {
  port: 3306,
  // A host that is a path is the socket itself here.
  socketPath: (path) => path,
  async startTls(socket) {
    const greeting = await firstBytes(
      socket,
      (bytes) => bytes.length >= 4 && bytes.length >= 4 + bytes.readUIntLE(0, 3),
    );
    const body = greeting.subarray(4);
    // An error in place of a greeting: too many connections, or a host that is blocked.
    if (body[0] === 0xff) throw new Error(body.subarray(3).toString());
    // Behind protocol, version, NUL, thread id, eight bytes of salt, and another NUL.
    const offset = body.indexOf(0, 1) + 14;
    if ((body.readUInt16LE(offset) & capabilities.ssl) === 0)
      throw new Error("Server does not support secure connection");
    socket.write(sslRequest());
    return undefined;
  },
};

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html */
function sslRequest(): Buffer {
  const packet = Buffer.alloc(4 + 32);
  packet.writeUIntLE(32, 0, 3);
  packet[3] = 1;
  const { protocol41, ssl, secureConnection } = capabilities;
  packet.writeUInt32LE(protocol41 | ssl | secureConnection, 4);
  packet.writeUInt32LE(2 ** 24, 8);
  packet[12] = utf8mb4;
  return packet;
}
