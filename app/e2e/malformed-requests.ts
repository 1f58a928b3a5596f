import type { Random } from "../test/random.js";
import type { RawRequest } from "./raw-exchange.js";

/** Valid parts of requests, so that malformed requests pass as many checks as possible. */
export interface Target {
  /** Cookies of a signed-in user. */
  readonly cookie: string;
  /** Valid CSRF token of that user. */
  readonly token: string;
  /** A note and a pad of that user. */
  readonly noteId: number;
  readonly padId: number;
  /** A file that an import takes. */
  readonly exported: Buffer;
}

type Maker = (random: Random, target: Target) => RawRequest;

const FORMS = [
  "/signup/",
  "/signin/",
  "/forgot-password/",
  "/account/",
  "/notes/create/",
  "/notes/ID/edit/",
  "/notes/ID/delete/",
  "/pads/create/",
  "/pads/PAD/edit/",
  "/pads/PAD/delete/",
  "/reset/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
  "/trash/notes/ID/restore/",
  "/trash/pads/PAD/restore/",
  "/import/",
] as const;

const PAGES = [
  ...FORMS,
  "/",
  "/notes/ID/",
  "/pads/PAD/",
  "/search/",
  "/trash/",
  "/export/",
  "/settings/",
  "/healthz",
  "/readyz",
  "/static/css/style.css",
  "/static/favicon.svg",
] as const;

const FIELDS = [
  "email",
  "password",
  "repeat_password",
  "old_password",
  "new_password1",
  "new_password2",
  "name",
  "text",
  "pad",
] as const;

/** Strings that have caused bugs in other programs, URL-encoded. */
const NASTY = [
  "%00",
  "%",
  "%zz",
  "%c0%80",
  "%c0%ae%c0%ae%c0%af",
  "%ed%a0%80",
  "%ff%fe",
  "%f4%90%80%80",
  "%25%30%30",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "../../../../etc/passwd",
  "..%5c..%5c",
  "%0d%0aSet-Cookie:%20a=b",
  "%e2%80%ae%e2%80%a8",
  "'%20or%201=1--",
  "$1",
  "#{7*7}",
  "<script>alert(1)</script>",
  "%26%7c!%28%29:*%3c-%3e",
  "__proto__",
  "constructor",
  "toString",
  "NaN",
  "-1",
  "0",
  "1e309",
  "0x10",
  "2147483647",
  "2147483648",
  "99999999999999999999999",
  "-9223372036854775808",
  "%F0%9F%98%80",
  "+",
  ";",
  "%20",
  "",
  "[]",
  "undefined",
] as const;

function addressOf(page: string, target: Target): string {
  return page.replace("PAD", String(target.padId)).replace("ID", String(target.noteId));
}

function nasty(random: Random): string {
  const piece = random.pick(NASTY);
  if (random.chance(0.1)) return piece.repeat(1 + random.below(400));
  return random.chance(0.3) ? piece + random.pick(NASTY) : piece;
}

/** Returns a well-formed HTTP request with any content. The connection is closed after the response. */
function framed(
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body: Buffer | string = "",
): Buffer {
  const length = Buffer.byteLength(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "Host: notejam",
    "Connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(length > 0 || method === "POST" ? [`Content-Length: ${length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]);
}

/** Half of all requests come from a signed-in user. */
function maybeSignedIn(random: Random, target: Target): [string, string][] {
  return random.chance(0.5) ? [["Cookie", target.cookie]] : [];
}

const brokenPath: Maker = (random, target) => {
  const page = addressOf(random.pick(PAGES), target);
  const at = random.below(page.length + 1);
  const raw = random.chance(0.3)
    ? random
        .bytes(1 + random.below(12))
        .toString("latin1")
        .replace(/[\r\n ]/g, "x")
    : nasty(random);
  const path = random.pick([
    page.slice(0, at) + raw + page.slice(at),
    `/notes/${raw}/`,
    `/pads/${raw}/edit/`,
    `/static/${raw}`,
    `/static/css/${raw}`,
    `/reset/${raw}/`,
    // Requests must not sign the user out. All further requests would end at the sign-in page.
    `/signout/-${raw}`,
    `//${raw}/`,
    `http://elsewhere.example${page}${raw}`,
    `/${"a/".repeat(random.below(3_000))}`,
    `/${"x".repeat(random.below(20_000))}`,
    "*",
  ]);
  return {
    what: "path",
    bytes: framed(
      random.pick(["GET", "HEAD", "POST"]),
      path.startsWith("*") ? "*" : path,
      maybeSignedIn(random, target),
    ),
  };
};

const brokenQuery: Maker = (random, target) => {
  const page = addressOf(
    random.pick(["/", "/pads/PAD/", "/search/", "/trash/", "/notes/create/", "/signin/"]),
    target,
  );
  const names = [
    "order",
    "page",
    "q",
    "pad",
    "next",
    "__proto__",
    "order[]",
    "page[a][b]",
    "",
    "%00",
    "q%",
  ] as const;
  const parts = Array.from({ length: 1 + random.below(4) }, () => `${random.pick(names)}=${nasty(random)}`);
  const tail = random.chance(0.05) ? "&".repeat(2_000) : "";
  return {
    what: "query",
    bytes: framed(
      "GET",
      `${page}?${parts.join(random.pick(["&", ";", "&&"]))}${tail}`,
      maybeSignedIn(random, target),
    ),
  };
};

const wrongMethod: Maker = (random, target) => {
  const method = random.pick([
    ...["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "LOCK", "SEARCH", "PURGE", "QUERY"],
    ...["get", "GETT", "", "G\u0000T", "CONNECT", "X".repeat(5_000), "POST"],
  ] as [string, ...string[]]);
  const page = addressOf(random.pick(PAGES), target);
  return {
    what: `method ${method.slice(0, 10)}`,
    bytes: framed(method, page, maybeSignedIn(random, target)),
  };
};

const brokenHeaders: Maker = (random, target) => {
  const page = addressOf(random.pick(PAGES), target);
  const header = random.pick<[string, string]>([
    ["Host", "other"],
    ["Content-Length", "-1"],
    ["Content-Length", "1e3"],
    ["Content-Length", "0"],
    ["Content-Length", "99999999999999999999"],
    ["Transfer-Encoding", "gzip"],
    ["Transfer-Encoding", "chunked, chunked"],
    ["Expect", "100-continue"],
    ["Expect", "the unexpected"],
    ["Upgrade", "websocket"],
    ["Upgrade", "h2c"],
    ["Range", "bytes=9999999-1,0-0,-5"],
    ["If-None-Match", "\u0001".repeat(50)],
    ["If-Modified-Since", "not a date"],
    ["Accept-Encoding", "gzip;q=nan, \u00ff"],
    ["Accept", "*".repeat(4_000)],
    ["Origin", "null"],
    ["Origin", "https://elsewhere.example"],
    ["Sec-Fetch-Site", "cross-site"],
    ["X-Forwarded-For", `${"1.2.3.4,".repeat(300)}<>`],
    ["X-Forwarded-Proto", "gopher"],
    ["X-Forwarded-Host", "elsewhere.example"],
    ["X-Request-Id", "a\tb"],
    ["Referer", "\u00ff\u00fe"],
    ["Content-Type", nasty(random)],
    ["Bad Name", "value"],
    ["X-Nul", "a\u0000b"],
    ["X-Long", "y".repeat(random.below(40_000))],
    [": ", ""],
  ]);
  const many: [string, string][] = random.chance(0.05)
    ? Array.from({ length: 3_000 }, (_, index): [string, string] => [`X-${index}`, "z"])
    : [];
  return {
    what: `header ${header[0]}`,
    bytes: framed(random.pick(["GET", "POST"]), page, [header, ...many, ...maybeSignedIn(random, target)]),
    // Announces a body that is never sent.
    incomplete: header[0] === "Content-Length" || header[0] === "Transfer-Encoding",
  };
};

const badCookies: Maker = (random, target) => {
  const value = random.pick([
    nasty(random),
    "a".repeat(43),
    "a".repeat(8_000),
    random
      .bytes(30)
      .toString("latin1")
      .replace(/[\r\n]/g, ""),
    "%E0%A4%A",
    '"quoted',
    "=;=;=",
    "imported.999999.999999",
    "imported.1.-1",
    "constructor",
    "__proto__",
    target.cookie,
  ]);
  const name = random.pick(["session", "visitor", "flash", "__Host-session", "__proto__", "", "session "]);
  const cookie = random.chance(0.1) ? `${name}=${value};`.repeat(100).slice(0, 12_000) : `${name}=${value}`;
  const own = random.chance(0.3) ? `; ${target.cookie}` : "";
  const page = addressOf(random.pick(PAGES), target);
  return { what: "cookie", bytes: framed(random.pick(["GET", "POST"]), page, [["Cookie", cookie + own]]) };
};

function formBody(random: Random, target: Target): string {
  const token = random.chance(0.85) ? `csrfmiddlewaretoken=${target.token}&` : "";
  const field = () => {
    const name = random.chance(0.85)
      ? random.pick(FIELDS)
      : random.pick(["__proto__", "name[]", "text[a]", "", "%00", "csrfmiddlewaretoken", "constructor"]);
    const value = random.pick([
      nasty(random),
      nasty(random),
      "someone%40example.com",
      "long enough password",
      "x".repeat(random.below(3_000)),
      "%F0%9F%98%80".repeat(99 + random.below(4)),
      random.bytes(20).toString("latin1"),
    ]);
    return random.chance(0.9) ? `${name}=${value}` : name;
  };
  return token + Array.from({ length: 1 + random.below(8) }, field).join("&");
}

const FORM = "application/x-www-form-urlencoded";

const brokenForm: Maker = (random, target) => {
  const page = addressOf(random.pick(FORMS), target);
  const type = random.chance(0.85)
    ? FORM
    : random.pick([
        "application/json",
        "text/plain",
        "",
        `${FORM}; charset=utf-7`,
        "multipart/form-data",
        "a/b/c",
      ]);
  const body = random.chance(0.05)
    ? `csrfmiddlewaretoken=${target.token}&${"a=1&".repeat(10_000)}`
    : formBody(random, target);
  return {
    what: `form ${page}`,
    bytes: framed("POST", page, [["Content-Type", type], ...cookies(random, target)], body),
  };
};

function cookies(random: Random, { cookie }: Target): [string, string][] {
  return random.chance(0.85) ? [["Cookie", cookie]] : [];
}

/** Complete forms with a single invalid field, so that they reach the database. */
const almostRightForm: Maker = (random, target) => {
  const value = nasty(random);
  const path = random.pick(["/notes/create/", "/notes/ID/edit/", "/pads/create/", "/pads/PAD/edit/"]);
  const pad = random.pick(["", String(target.padId), value]);
  const body = `csrfmiddlewaretoken=${target.token}&name=${value}n&text=t${random.chance(0.5) ? value : ""}&pad=${pad}`;
  return {
    what: `almost right ${path}`,
    bytes: framed(
      "POST",
      addressOf(path, target),
      [
        ["Content-Type", FORM],
        ["Cookie", target.cookie],
      ],
      body,
    ),
  };
};

const hugeForm: Maker = (random, target) => {
  const size = random.pick([1_048_576, 1_048_577, 3_000_000, 4_200_000]);
  const body = `csrfmiddlewaretoken=${target.token}&name=n&text=${"x".repeat(size)}`;
  const path = random.pick(["/notes/create/", "/signin/", "/pads/create/"]);
  return {
    what: `huge form ${path}`,
    bytes: framed(
      "POST",
      path,
      [
        ["Content-Type", FORM],
        ["Cookie", target.cookie],
      ],
      body,
    ),
  };
};

function damaged(random: Random, whole: Buffer): Buffer {
  const copy = Buffer.from(whole.subarray(0, random.chance(0.5) ? whole.length : random.below(whole.length)));
  for (let flips = random.below(6); flips > 0 && copy.length > 0; flips -= 1) {
    copy[random.below(copy.length)] = random.below(256);
  }
  return copy;
}

const brokenUpload: Maker = (random, target) => {
  const file = random.pick([
    damaged(random, target.exported),
    random.bytes(random.below(500)),
    Buffer.alloc(0),
  ]);
  const boundary = random.pick(["b", "b", "b", "", "-".repeat(69), "x y", "\u00ff"]);
  const disposition = random.pick([
    'form-data; name="file"; filename="a.zip"',
    'form-data; name="file"; filename="../../a"',
    'form-data; name="file"',
    "form-data",
    `form-data; name="${"n".repeat(9_000)}"; filename="a"`,
    "\u0000",
  ]);
  const token = random.chance(0.8)
    ? `--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n${target.token}\r\n`
    : "";
  const parts = random.chance(0.05) ? 200 : 1;
  const head = Buffer.from(
    `${token}${`--b\r\nContent-Disposition: ${disposition}\r\n\r\n`.repeat(parts)}`,
    "latin1",
  );
  const tail = Buffer.from(random.pick(["\r\n--b--\r\n", "\r\n--b", "", "\r\n--c--\r\n"]));
  const body = Buffer.concat([head, file, tail]);
  const type = `multipart/form-data; boundary=${boundary}`;
  return {
    what: "upload",
    bytes: framed("POST", "/import/", [["Content-Type", type], ...cookies(random, target)], body),
  };
};

const brokenChunks: Maker = (random, target) => {
  const chunks = random.pick([
    "5\r\nname=\r\n0\r\n\r\n",
    "zz\r\nname=\r\n0\r\n\r\n",
    "-1\r\n\r\n",
    "ffffffffffffffffff\r\nx\r\n",
    `5;${"e".repeat(20_000)}\r\nname=\r\n0\r\n\r\n`,
    "5\r\nname=0\r\n\r\n",
    `0\r\nX: ${"t".repeat(20_000)}\r\n\r\n`,
    "",
  ]);
  const head = `POST /signin/ HTTP/1.1\r\nHost: n\r\nConnection: close\r\nContent-Type: ${FORM}\r\nCookie: ${target.cookie}\r\nTransfer-Encoding: chunked\r\n${random.chance(0.2) ? "Content-Length: 5\r\n" : ""}\r\n`;
  return { what: "chunks", bytes: Buffer.from(head + chunks), incomplete: true };
};

const noHttp: Maker = (random) => {
  const bytes = random.pick([
    random.bytes(1 + random.below(300)),
    Buffer.from("GET /\r\n\r\n"),
    Buffer.from("GET / HTTP/9.9\r\n\r\n"),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.from("GET / HTTP/1.0\r\n\r\n"),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", "latin1"),
    Buffer.from("\r\n\r\n\r\n"),
    Buffer.from("GET / HTTP/1.1\nHost: n\nConnection: close\n\n"),
    Buffer.alloc(70_000, "A"),
  ]);
  return { what: "not HTTP", bytes, incomplete: true };
};

const pipelined: Maker = (random, target) => {
  const several = Array.from({ length: 2 + random.below(6) }, () => brokenQuery(random, target).bytes);
  const kept = several.map((bytes) =>
    Buffer.from(bytes.toString("latin1").replace("Connection: close\r\n", ""), "latin1"),
  );
  return { what: "pipelined", bytes: Buffer.concat([...kept, brokenPath(random, target).bytes]) };
};

const slow: Maker = (random, target) => {
  const { bytes, what } = random.pick([brokenForm, brokenUpload, brokenQuery])(random, target);
  return { what: `slow ${what}`, bytes, dribble: Math.ceil(bytes.length / 8) };
};

const cutOff: Maker = (random, target) => {
  const { bytes, what } = random.pick([brokenForm, brokenUpload, hugeForm])(random, target);
  return { what: `cut off ${what}`, bytes: bytes.subarray(0, random.below(bytes.length)), incomplete: true };
};

/** Kinds of requests with their frequencies, in percent. */
const KINDS: readonly (readonly [Maker, number])[] = [
  [brokenPath, 18],
  [brokenQuery, 16],
  [wrongMethod, 7],
  [brokenHeaders, 12],
  [badCookies, 10],
  [brokenForm, 13],
  [almostRightForm, 8],
  [brokenUpload, 6],
  [brokenChunks, 2],
  [noHttp, 3],
  [pipelined, 2],
  [slow, 1],
  [cutOff, 1.5],
  [hugeForm, 0.5],
];

/** One more malformed request. */
export function malformedRequest(random: Random, target: Target): RawRequest {
  let place = random.next() * KINDS.reduce((sum, [, share]) => sum + share, 0);
  for (const [make, share] of KINDS) {
    place -= share;
    if (place < 0) return make(random, target);
  }
  return brokenPath(random, target);
}
