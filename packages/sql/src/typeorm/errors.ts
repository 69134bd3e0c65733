import { type DialectErrors, layersOf, lostCodes } from "../dialect-errors.ts";

/** What the codes of a driver mean. Those of Node mean the same everywhere. */
interface Codes {
  /** Which of an error's codes is the engine's. */
  readonly own: RegExp;
  readonly auth: RegExp;
  readonly open: RegExp;
  readonly lost: RegExp;
  readonly again: RegExp;
}

function errorsBy({ own, auth, open, lost, again }: Codes): DialectErrors {
  const find = (error: unknown): { code: string; message: string } | undefined => {
    for (const layer of layersOf(error)) {
      const { code, message } = layer as { code?: unknown; message?: unknown };
      if (own.test(String(code))) return { code: String(code), message: String(message) };
    }
    return undefined;
  };
  const is = (pattern: RegExp, error: unknown): boolean => pattern.test(find(error)?.code ?? "");
  return {
    code: (error) => find(error)?.code,
    message: (error) =>
      find(error)?.message ?? (error instanceof Error ? error.message : String(error)),
    connCode: (code) =>
      auth.test(code)
        ? "CONN_AUTH"
        : open.test(code)
          ? "CONN_OPEN"
          : lost.test(code)
            ? "CONN_LOST"
            : "CONN_QUERY",
    hint: (code) =>
      auth.test(code)
        ? "Correct `username` and `password` in the secrets file."
        : open.test(code)
          ? "Check `host`, `port` and `database`, and that the server listens there."
          : undefined,
    missing: () => undefined,
    lost: (error) =>
      is(lost, error) ||
      (find(error) === undefined &&
        [...layersOf(error)].some((layer) =>
          lostCodes.has(String((layer as { code?: unknown }).code)),
        )),
    transient: (error) => is(again, error),
    mayPassAgain: (error) => is(again, error),
  };
}

/** https://docs.oracle.com/en/error-help/db/ and https://node-oracledb.readthedocs.io/en/latest/user_guide/exception_handling.html */
export const oracleErrors: DialectErrors = errorsBy({
  own: /^(ORA|NJS|DPI)-\d+$/,
  auth: /^ORA-(01005|01017|28000|28001)$/,
  open: /^(NJS-(503|510|511|512|513|515|516|517|518|530)|ORA-12\d{3})$/,
  lost: /^(ORA-(00028|02396|03113|03114|03135)|NJS-(500|501|521)|DPI-1080)$/,
  again: /^ORA-(00060|08177)$/,
});

/** https://help.sap.com/docs/SAP_HANA_PLATFORM/4fe29514fd584807ac9f2a04f6754767/20a78d3275191014b41bae7c4a46d835.html */
export const sapErrors: DialectErrors = errorsBy({
  own: /^-?\d+$/,
  auth: /^(10|332|416)$/,
  open: /^(-10709|-10104)$/,
  lost: /^(-10807|-10806|-10108|-10101)$/,
  again: /^(131|133|138|146)$/,
});

/** https://grpc.io/docs/guides/status-codes/ */
export const spannerErrors: DialectErrors = errorsBy({
  own: /^\d+$/,
  auth: /^(7|16)$/,
  open: /^5$/,
  lost: /(?!)/,
  again: /^(10|14)$/,
});
