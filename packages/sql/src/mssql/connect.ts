import { layersOf } from "../dialect-errors.ts";
import { type Connection, innerOf, type ServerMessage, type Tedious } from "./driver.ts";

/** Settings of one connection, as tedious takes them. */
export interface ConnectionSettings {
  readonly server: string;
  readonly authentication: object;
  readonly options: Readonly<Record<string, unknown>> & {
    readonly encrypt: boolean | "strict";
  };
}

/**
 * Opens a connection.
 *
 * @throws the system's or the server's own error, where there is one.
 */
export function connect(tedious: Tedious, settings: ConnectionSettings): Promise<Connection> {
  const connection = new tedious.Connection(settings);
  // A socket that breaks between two calls fails the next one; unheard it would end the process.
  connection.on("error", () => {});
  const messages: ServerMessage[] = [];
  const hear = (message: ServerMessage): void => void messages.push(message);
  connection.on("errorMessage", hear);
  if (settings.options.encrypt === true) keepSecret(connection);
  return new Promise((resolve, reject) => {
    connection.connect((error) => {
      connection.off("errorMessage", hear);
      if (error) reject(reasonOf(error, messages));
      else resolve(connection);
    });
  });
}

/** Up to release 19, tedious logs in without TLS where the server has none, though it was asked for it. */
function keepSecret(connection: Connection): void {
  const inner = innerOf(connection);
  const send = inner.sendLogin7Packet;
  if (send === undefined) return;
  inner.sendLogin7Packet = () => {
    if (inner.messageIo?.tlsNegotiationComplete !== true)
      throw Object.assign(new Error("The server did not negotiate encryption."), {
        code: "EENCRYPT",
      });
    send.call(connection);
  };
}

/** The server's first message, or what the system says, instead of tedious's words around it. */
function reasonOf(error: Error, [first]: readonly ServerMessage[]): Error {
  if (first)
    return Object.assign(new Error(first.message, { cause: error }), { number: first.number });
  const layers = [...layersOf(error)].flatMap((layer) =>
    layer instanceof AggregateError ? (layer.errors as object[]) : [layer],
  );
  return (layers.find((layer) => "syscall" in layer || isTls(layer)) as Error | undefined) ?? error;
}

function isTls(layer: object): boolean {
  const { code } = layer as { code?: unknown };
  return typeof code === "string" && /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_(TLS|SSL)/.test(code);
}
