import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ByteSource } from '../../../bytes/index.ts'

/** What is served: in memory, or read as it is asked for. */
type Served = Uint8Array | Pick<ByteSource, 'size' | 'read'>

/** A small HTTP server for tests: one image by ranges, and whatever is put in its way. */
export type ImageServer = AsyncDisposable & {
  readonly url: string
  image: Served
  /** Of bodies, so far. */
  sentBytes: number
  etag: string | undefined
  /** Looks at each request first; true where it has answered. */
  before: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly requests: { range: string | undefined; authorization: string | undefined }[]
}

export async function imageServer(image: Served): Promise<ImageServer> {
  const http = createServer((request, response) => {
    const { range, authorization } = request.headers
    server.requests.push({ range, authorization })
    if (server.before(request, response)) return
    const { etag } = server
    if (etag !== undefined) response.setHeader('etag', etag)
    const ifRange = request.headers['if-range']
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    const size = sizeOf(server.image)
    if (from === undefined || to === undefined || (ifRange !== undefined && ifRange !== etag)) {
      response.writeHead(200, { 'content-length': size })
      void send(response, 0, size)
      return
    }
    const start = Number(from)
    const end = Math.min(Number(to) + 1, size)
    if (start >= size) {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
      return
    }
    response.writeHead(206, {
      'content-range': `bytes ${start}-${end - 1}/${size}`,
      'content-length': end - start,
    })
    void send(response, start, end)
  })
  const send = async (response: ServerResponse, start: number, end: number): Promise<void> => {
    const { image: served } = server
    const bytes =
      served instanceof Uint8Array ? served.subarray(start, end) : await served.read(start, end - start)
    server.sentBytes += bytes.length
    response.end(bytes)
  }
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const server: ImageServer = {
    url: `http://127.0.0.1:${port}/disk.img`,
    image,
    sentBytes: 0,
    etag: '"one"',
    before: () => false,
    requests: [],
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}

function sizeOf(served: Served): number {
  return served instanceof Uint8Array ? served.length : served.size
}
