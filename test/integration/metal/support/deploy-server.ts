import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, zstdCompressSync } from 'node:zlib'

/** What a machine asked for, in order. */
export type Asked = Readonly<{ what: string; token: string; body: string }>

export type Order = Readonly<{
  lines: readonly string[]
  pieces?: readonly Uint8Array[]
  /** Answers of `ready`, one after the other; the last one stays. */
  ready?: () => Promise<string>
  /** Answers this in place of a piece; undefined: the piece itself. */
  instead?: (index: number, times: number) => Uint8Array | 'cut' | undefined
  last?: 'off' | 'reboot'
  helloStatus?: number
}>

export const FIRST_TOKEN = 'first-token-of-hello'
export const NEXT_TOKEN = 'next-token-of-all-else'

/** One piece of a disk, as docs/deploy-protocol.md has it. */
export function packPiece(offset: number, content: Uint8Array): Uint8Array {
  if (content.every((byte) => byte === 0)) return Buffer.from(`${offset} ${content.length} zero\n`)
  const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 }
  const frame = zstdCompressSync(content, { params })
  const digest = createHash('blake2b512').update(frame).digest('hex')
  return Buffer.concat([Buffer.from(`${offset} ${content.length} ${digest}\n`), frame])
}

/** The conductor's side of the protocol, for one machine. */
export class DeployServer {
  readonly asked: Asked[] = []
  readonly #order: Order
  readonly #times = new Map<number, number>()
  #server: Server
  #port = 0

  constructor(order: Order) {
    this.#order = order
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Closes every connection at once, as a process that is killed. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  bodyOf(what: string): string {
    return this.asked.find((one) => one.what === what)?.body ?? ''
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const what = (request.url ?? '').replace('/ramdisk/', '')
    const token = String(request.headers['x-anneal-token'] ?? '')
    this.asked.push({ what, token, body: Buffer.concat(parts).toString() })
    if (token !== (what === 'hello' ? FIRST_TOKEN : NEXT_TOKEN)) {
      response.writeHead(403).end()
    } else if (what === 'hello' && this.#order.helloStatus !== undefined) {
      response.writeHead(this.#order.helloStatus).end()
    } else if (what === 'hello') {
      response.end([`token ${NEXT_TOKEN}`, ...this.#order.lines, ''].join('\n'))
    } else if (what.startsWith('piece/')) {
      this.#sendPiece(Number(what.slice(6)), response)
    } else if (what === 'ready') {
      response.end(`${(await this.#order.ready?.()) ?? 'wait'}\n`)
    } else if (what === 'progress') {
      response.end('go on\n')
    } else {
      response.end(`${this.#order.last ?? 'off'}\n`)
    }
  }

  #sendPiece(index: number, response: ServerResponse): void {
    const times = (this.#times.get(index) ?? 0) + 1
    this.#times.set(index, times)
    const piece = this.#order.pieces?.[index]
    const instead = this.#order.instead?.(index, times)
    if (piece === undefined) response.writeHead(404).end()
    else if (instead === 'cut') {
      response.writeHead(200, { 'content-length': piece.length })
      response.write(piece.subarray(0, piece.length >> 1), () => response.destroy())
    } else response.end(instead ?? piece)
  }
}
