// A secret longer than this is looked for piece by piece; neighbouring pieces mask as one.
const pieceLength = 4096;

/** Every spelling under which a secret may turn up in a text: as it is, escaped, or encoded. */
export function formsOf(secret: string): Set<string> {
  const forms = new Set<string>();
  for (const piece of pieces(secret)) {
    forms.add(piece);
    for (const form of escaped(piece)) forms.add(form);
    for (const form of encoded(piece)) forms.add(form);
  }
  // A PEM is often shown line by line. Its header and footer are the same for everybody.
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  if (lines.length > 1) {
    for (const line of lines.flatMap(pieces)) {
      if (line.length < 8 || line.startsWith("-----")) continue;
      forms.add(line);
      for (const form of escaped(line)) forms.add(form);
    }
  }
  return forms;
}

function pieces(text: string): string[] {
  if (text.length <= pieceLength) return [text];
  // The last piece overlaps, so that no short rest matches everywhere.
  const starts = Array.from(
    { length: Math.floor(text.length / pieceLength) },
    (_, index) => index * pieceLength,
  );
  return [...starts, text.length - pieceLength].map((start) =>
    text.slice(start, start + pieceLength),
  );
}

function escaped(text: string): string[] {
  const forms: string[] = [];
  if (/[^\w.~-]/.test(text)) forms.push(...percentEncoded(text));
  const json = quoted(text);
  // A log line that is JSON holds a server's answer that is JSON, too.
  for (const form of [json, quoted(json)]) {
    const inspected = form.replaceAll('\\"', '"');
    forms.push(form, form.replaceAll("/", "\\/"), inspected, inspected.replaceAll("'", "\\'"));
  }
  forms.push(text.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&"), text.replace(/[\\/]/g, "\\$&"));
  // eslint-disable-next-line -- written by JSON encoders that emit ASCII only
  if (/[^\0-\x7f]/.test(json)) forms.push(json.replace(/[^\0-\x7f]/g, unicodeEscape));
  if (/[&<>"']/.test(text)) {
    const markup = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    forms.push(markup);
    for (const [double, single] of [
      ["&quot;", "&#39;"],
      ["&quot;", "&#x27;"],
      ["&quot;", "&apos;"],
      ["&#34;", "&#39;"],
    ] as const) {
      forms.push(markup.replaceAll('"', double).replaceAll("'", single));
    }
  }
  return forms;
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function percentEncoded(text: string): string[] {
  // Lone surrogates cannot be percent-encoded.
  const wellFormed = Buffer.from(text).toString();
  const component = encodeURIComponent(wellFormed);
  const strict = component.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const url = new URL("http://localhost");
  url.password = wellFormed;
  const forms = [
    component,
    strict,
    encodeURI(wellFormed),
    url.password,
    new URLSearchParams([["", wellFormed]]).toString().slice(1),
  ];
  return [
    ...forms,
    ...forms.map((form) => form.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase())),
  ];
}

function encoded(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString("hex");
  const forms = [hex, hex.toUpperCase()];
  // Inside a longer text, as `user:password` in a login header, the first byte falls on any of three
  // places of base64's groups; characters that also depend on the neighbours are left out.
  for (const [offset, skip] of [
    [0, 0],
    [1, 2],
    [2, 3],
  ] as const) {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = whole.slice(skip, Math.floor(((offset + bytes.length) * 8) / 6));
    forms.push(whole.slice(skip), inner);
  }
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
