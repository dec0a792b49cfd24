import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/** One request as a handler sees it. */
export type Request = Readonly<{
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** What the pattern’s parts in braces were: `{node}`. */
  parts: Readonly<Record<string, string>>
  /** Address of who asks. */
  from: string
  /** Of who asks: aborted when they are gone. */
  signal: AbortSignal
  /** The body as text. Throws BODY_TOO_LARGE. */
  text: () => Promise<string>
}>

export type Reply = Readonly<{
  status: number
  headers?: Readonly<Record<string, string>>
  /** Parts are sent one after the other, without a copy. */
  body?: string | Uint8Array | readonly Uint8Array[] | Readable
}>

export type Handler = (request: Request) => Reply | Promise<Reply>

/** `GET /v1/nodes/{node}`. */
export type Routes = Readonly<Record<string, Handler>>

export type Matched =
  | Readonly<{ kind: 'found'; handler: Handler; parts: Readonly<Record<string, string>> }>
  | Readonly<{ kind: 'otherMethod'; methods: readonly string[] }>
  | Readonly<{ kind: 'none' }>

/** The handler of a request. A path with a literal part goes before one that takes any. */
export function matchRoute(routes: Routes, method: string, path: string): Matched {
  const methods: string[] = []
  let best: (Matched & { kind: 'found' }) | undefined
  for (const [route, handler] of Object.entries(routes)) {
    const blank = route.indexOf(' ')
    const parts = partsOf(route.slice(blank + 1), path)
    if (parts === undefined) continue
    methods.push(route.slice(0, blank))
    const isOwn = route.slice(0, blank) === (method === 'HEAD' ? 'GET' : method)
    const isCloser = best === undefined || Object.keys(parts).length < Object.keys(best.parts).length
    if (isOwn && isCloser) best = { kind: 'found', handler, parts }
  }
  if (best !== undefined) return best
  return methods.length > 0 ? { kind: 'otherMethod', methods } : { kind: 'none' }
}

function partsOf(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/')
  const found = path.split('/')
  if (wanted.length !== found.length) return undefined
  const parts: Record<string, string> = {}
  for (const [index, one] of wanted.entries()) {
    const text = found[index] ?? ''
    if (!one.startsWith('{')) {
      if (one !== text) return undefined
      continue
    }
    if (text === '') return undefined
    try {
      parts[one.slice(1, -1)] = decodeURIComponent(text)
    } catch {
      return undefined
    }
  }
  return parts
}
