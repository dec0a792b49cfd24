import { looksSecret } from './secret-names.ts'

/** A secret as it stands in a text. `start` and `end` are of the secret alone. */
export type SecretSpan = Readonly<{ kind: string; start: number; end: number }>

/** Longest text that is looked through: a config file of this size is none that people write. */
const MAX_LENGTH = 1 << 20

/** How deep a text is unpacked: base64 of JSON of base64. */
const MAX_DEPTH = 4

/** Secrets that are known by their form. The first group, where there is one, is the secret. */
const FORMS: readonly Readonly<{ kind: string; form: RegExp }>[] = [
  {
    kind: 'a private key',
    // RFC 7468, OpenPGP (RFC 4880), OpenSSH and PuTTY.
    form: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  { kind: 'a private key', form: /PuTTY-User-Key-File-\d:[\s\S]*/g },
  // RFC 3986, userinfo: of every scheme, `mysql+pymysql` too.
  { kind: 'the password of a URL', form: /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#@:"']*:([^\s/?#"']+)@/gi },
  { kind: 'an AWS access key', form: /\b((?:AKIA|ASIA)[0-9A-Z]{16})\b/g },
  {
    kind: 'an access token',
    form: /\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|[sr]k_live_\w{16,}|hv[sb]\.[\w-]{20,}|npm_[A-Za-z0-9]{30,}|dckr_pat_[\w-]{20,}|AIza[\w-]{35}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,})/g,
  },
  {
    kind: 'an Authorization header',
    form: /\bAuthorization["']?\s*[:=]\s*["']?(?:Basic|Bearer|Token)\s+([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/gi,
  },
  {
    kind: 'a webhook with a token',
    form: /\bhttps:\/\/(?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/|(?:[\w-]+\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d+\/|[\w.-]+\.webhook\.office\.com\/webhookb2\/|outlook\.office(?:365)?\.com\/webhook\/|api\.telegram\.org\/bot|chat\.googleapis\.com\/v1\/spaces\/[\w-]+\/messages\?)([^\s"'<>$][^\s"'<>]*)/gi,
  },
  // Power Automate, which Teams has in place of its own.
  {
    kind: 'a webhook with a token',
    form: /\bhttps:\/\/[\w.-]{1,200}\.(?:logic\.azure|api\.powerplatform)\.com[^\s"'<>]{0,500}[?&]sig=([^\s"'<>&$][^\s"'<>&]*)/gi,
  },
  // RFC 7235, credentials: the whole text, or a token that is no word.
  {
    kind: 'an Authorization header',
    form: /^\s*["']?(?:Basic|Bearer|Token)\s+(?!(?:auth|authentication|token|tokens)["']?\s*$)([\w.~+/-]{6,}=*)["']?\s*$/gi,
  },
  {
    kind: 'an Authorization header',
    form: /\b(?:Basic|Bearer)\s+(?=[\w.~+/-]{0,100}\d)([\w.~+/-]{12,}=*)/gi,
  },
  // Programs that take a password by a short option, which means something else everywhere else. A semicolon
  // after it ends the command.
  {
    kind: 'the password of curl',
    form: /\bcurl\b[^\n;|&]{0,300}\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'$]+:([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/g,
  },
  {
    kind: 'the password of mysql',
    form: /\b(?:mysql(?:admin|dump|check|import|show|pump|slap|binlog|sh|_upgrade)?|mariadb(?:-(?:admin|dump|check|import|show|slap|binlog|upgrade|backup))?|mariabackup|xtrabackup|mycli)(?![\w-])[^\n;|&]{0,300}\s-p["']?([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/g,
  },
  {
    kind: 'the password of redis-cli',
    form: /\bredis-cli\b[^\n;|&]{0,300}\s-a\s+["']?([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/g,
  },
  {
    kind: 'the password of ipmitool',
    form: /\bipmitool\b[^\n;|&]{0,300}\s-P\s+["']?([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/g,
  },
  { kind: 'the password of sshpass', form: /\bsshpass\s+-p\s*["']?([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/g },
  {
    kind: 'the password of an LDAP tool',
    form: /\bldap(?:search|whoami|modify|add)\b[^\n;|&]{0,300}\s-w\s+["']?([^\s"'$](?:[^\s"';]|;(?![\s"']|$))*)/g,
  },
]

const VALUE = String.raw`(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"';&,|)}\]]+))`

/** `password=x`, `password = x`, `--db-password x`, `?token=x&…`: a name, and what it is set to. */
const ASSIGNED = new RegExp(
  String.raw`(?:^|[\s;&?,{[("'!|])(-{0,2}[A-Za-z][\w.-]{0,80})["']?(?:\s{0,9}=\s{0,9}|\s{1,9}(?!-)(?<=--[\w.-]{1,81}\s{1,9}))${VALUE}`,
  'gm',
)

/** `password: x` at the beginning of a line, or in a map; in the middle of a sentence it is prose. */
const MAPPED = new RegExp(
  String.raw`(?:^[ \t-]*|[{,]\s*)["']?([A-Za-z][\w.-]{0,80})["']?\s{0,9}:[ \t]{0,9}(?!//)${VALUE}`,
  'gm',
)

/**
 * What of a text is secret: by known forms, by the names it gives values, in JSON and in base64. Public keys,
 * certificates, hashes of passwords, variables (`$X`) and paths to secrets are none.
 */
export function secretSpans(text: string, depth = 0): readonly SecretSpan[] {
  if (text.length > MAX_LENGTH || depth > MAX_DEPTH) return []
  const spans: SecretSpan[] = []
  for (const { kind, form } of FORMS) {
    for (const match of text.matchAll(form)) {
      const secret = match[1] ?? match[0]
      if (match[1] !== undefined && isReference(secret)) continue
      const start = match.index + match[0].lastIndexOf(secret)
      spans.push({ kind, start, end: start + secret.length })
    }
  }
  for (const match of [...text.matchAll(ASSIGNED), ...text.matchAll(MAPPED)]) {
    const [whole, name = '', ...values] = match
    const value = values.find((one) => one !== undefined) ?? ''
    if (!isSecretValue(name, value)) continue
    const start = match.index + whole.lastIndexOf(value)
    spans.push({ kind: name, start, end: start + value.length })
  }
  return [...spans, ...inJson(text, depth), ...inBase64(text, depth)]
}

/** Whether a value under this name is a secret, and not a word about one or a pointer to one. */
export function isSecretValue(name: string, value: string): boolean {
  if (!looksSecret(name) || value === '' || isReference(value)) return false
  return !/^(true|false|yes|no|on|off|none|null|required|optional|enabled|disabled)$/i.test(value)
}

/** A variable, a command's output, a template, a path where a secret lies, or stars where one was. */
function isReference(value: string): boolean {
  return /^(\$|\{\{|%\(|<[^>]*>$|\*+$|x{3,}$|\/run\/secrets\/|\/secrets\/)/i.test(value)
}

/** The whole text, where something in its JSON is secret: values are not found again in the text by where they stand. */
function inJson(text: string, depth: number): readonly SecretSpan[] {
  if (!/^\s*[[{]/.test(text)) return []
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return []
  }
  const kind = secretInValue('', parsed, depth)
  return kind === undefined ? [] : [{ kind, start: 0, end: text.length }]
}

function secretInValue(name: string, value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH * 8) return undefined
  if (typeof value === 'string') {
    if (isSecretValue(name, value)) return name
    // ~/.docker/config.json: base64 of user:password.
    if (name === 'auth' && /^[^\s:]+:./.test(decoded(value) ?? '')) return 'the login of a registry'
    return secretSpans(value, Math.floor(depth / 8) + 1)[0]?.kind
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const kind = secretInValue(Array.isArray(value) ? name : key, inner, depth + 1)
    if (kind !== undefined) return kind
  }
  return undefined
}

function inBase64(text: string, depth: number): readonly SecretSpan[] {
  return [...text.matchAll(/(?<![\w+/=-])[A-Za-z0-9+/_-]{20,}={0,2}(?![\w+/=])/g)].flatMap((match) => {
    const inner = decoded(match[0])
    const kind = inner === undefined ? undefined : secretSpans(inner, depth + 1)[0]?.kind
    return kind === undefined
      ? []
      : [{ kind: `${kind}, in base64`, start: match.index, end: match.index + match[0].length }]
  })
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...ALPHABET.split('').map((char, digit) => [char, digit] as const),
  ['-', 62],
  ['_', 63],
])

/** Printable text of which `base64` is the form (RFC 4648, both alphabets); undefined where it is none of such. */
function decoded(base64: string): string | undefined {
  const digits = base64.replace(/=+$/, '')
  if (digits.length > MAX_LENGTH || digits.length % 4 === 1) return undefined
  const bytes: number[] = []
  let [held, bits] = [0, 0]
  for (const char of digits) {
    const digit = DIGITS.get(char)
    if (digit === undefined) return undefined
    held = (held << 6) | digit
    bits += 6
    if (bits < 8) continue
    bits -= 8
    const byte = (held >> bits) & 0xff
    // Text alone is looked through.
    if (byte > 0x7e || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return undefined
    bytes.push(byte)
    held &= (1 << bits) - 1
  }
  return bytes.length === 0 ? undefined : bytes.map((byte) => String.fromCharCode(byte)).join('')
}
