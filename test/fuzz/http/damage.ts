import { CORPUS } from './corpus.ts'
import type { Sent } from './corpus.ts'
import type { Random } from '../harness/random.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'X']
const PATHS = [
  '//',
  '///..//',
  '/%',
  '/%zz',
  '/%00',
  '/v1/nodes/%2e%2e%2f%2e%2e',
  '/v1/nodes/__proto__',
  '/v1/nodes/constructor/states',
  'http://[/',
  '*',
  '/boot/program/..%2f..%2fetc%2fpasswd',
  '/ramdisk/piece/-1',
  '/ramdisk/piece/1e9',
  '/v1/nodes?limit=-1&marker=%',
  '/v1/nodes?fields=__proto__,constructor',
  '/?a=%&a=&&&=',
]
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  '\0',
  '\ud800',
  '__proto__',
  'a'.repeat(20_000),
  [],
  [null],
  {},
  { __proto__: null, constructor: { prototype: 1 } },
  { toString: 1, valueOf: [] },
]
const HEADERS: readonly (readonly [string, string])[] = [
  ['x-openstack-ironic-api-version', '9.999'],
  ['x-openstack-ironic-api-version', 'latest'],
  ['x-openstack-ironic-api-version', '1.1'],
  ['openstack-api-version', 'baremetal \u00ff'],
  ['x-anneal-token', ''],
  ['x-anneal-token', 'a'.repeat(4000)],
  ['range', 'bytes=-5'],
  ['range', 'bytes=99999999999999999999-1'],
  ['authorization', 'Basic %%%'],
  ['expect', '100-continue'],
  ['expect', 'what'],
  ['upgrade', 'websocket'],
  ['content-encoding', 'gzip'],
  ['content-type', 'text/html; charset=\u00e9'],
  ['host', ''],
  ['x', 'y'.repeat(15_000)],
]

function one<T>(random: Random, of: readonly T[]): T {
  const found = random.pick(of)
  if (found === undefined) throw new TypeError('nothing to choose from')
  return found
}

/** The bytes of one damaged request; `connection: close`, so that whoever sends it sees the end of the answer. */
export function damagedRequest(random: Random): Readonly<{ to: Sent['to']; bytes: Buffer; told: string }> {
  let sent = one(random, CORPUS)
  for (let times = 1 + random.below(3); times > 0; times -= 1) sent = damaged(random, sent)
  const { to, method, path, headers, body } = sent
  const bytes = Buffer.from(body, 'utf8')
  const lengths = [String(bytes.length), String(bytes.length), String(bytes.length), '0', '-1', 'x', '5']
  const length = random.chance(0.1) ? one(random, lengths) : String(bytes.length)
  const chunked = random.chance(0.05)
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...('host' in headers ? [] : ['host: conductor']),
    'connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    chunked ? 'transfer-encoding: chunked' : `content-length: ${length}`,
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const tail = chunked ? chunksOf(random, bytes) : bytes
  const whole = Buffer.concat([head, tail])
  return {
    to,
    bytes: random.chance(0.1) ? flipped(random, whole) : whole,
    told: `${method} ${path.slice(0, 80)}`,
  }
}

function damaged(random: Random, sent: Sent): Sent {
  switch (random.below(7)) {
    case 0:
      return { ...sent, method: one(random, METHODS) }
    case 1:
      return { ...sent, path: one(random, PATHS) }
    case 2:
      return { ...sent, path: spliced(random, sent.path) }
    case 3: {
      const [name, value] = one(random, HEADERS)
      return { ...sent, headers: { ...sent.headers, [name]: value } }
    }
    case 4:
      return { ...sent, body: spliced(random, sent.body) }
    case 5:
      return { ...sent, body: withHostile(random, sent.body) }
    default:
      return {
        ...sent,
        body: one(random, ['', '{', '[[', 'null', '"', nested(20_000), nested(200), '\ufeff{}']),
      }
  }
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

function spliced(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  const end = at + random.below(6)
  const more = one(random, [
    '',
    '%',
    '/',
    '..',
    '\u0000',
    '\u20ac',
    '=',
    ' ',
    '"',
    '\n',
    '~1',
    '9'.repeat(400),
  ])
  return text.slice(0, at) + more + text.slice(end)
}

/** Puts something unforeseen in place of one value of a JSON document. */
function withHostile(random: Random, body: string): string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return body.replace(/\S+$/, () => JSON.stringify(one(random, HOSTILE)))
  }
  return JSON.stringify(replaced(random, value)) ?? 'null'
}

function replaced(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.2)) return one(random, HOSTILE)
  const entries = Object.entries(value)
  const index = random.below(entries.length)
  const changed = entries.map(
    ([key, inner], at) => [key, at === index ? replaced(random, inner) : inner] as const,
  )
  if (Array.isArray(value)) return changed.map(([, inner]) => inner)
  return Object.fromEntries(random.chance(0.2) ? [...changed, ['__proto__', 1]] : changed)
}

function chunksOf(random: Random, bytes: Buffer): Buffer {
  const sizes = [bytes.length.toString(16), 'zz', 'ffffffffffffffff', '-1', '0']
  const size = random.chance(0.5) ? bytes.length.toString(16) : one(random, sizes)
  return Buffer.concat([Buffer.from(`${size}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')])
}

function flipped(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  for (let times = 1 + random.below(4); times > 0; times -= 1) {
    const at = random.below(changed.length)
    changed[at] = random.below(256)
  }
  return random.chance(0.3) ? changed.subarray(0, random.below(changed.length)) : changed
}
