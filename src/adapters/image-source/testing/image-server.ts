import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A small HTTP server for tests: one image by ranges, and whatever is put in its way. */
export type ImageServer = AsyncDisposable & {
  readonly url: string
  image: Uint8Array
  etag: string | undefined
  /** Looks at each request first; true where it has answered. */
  before: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly requests: { range: string | undefined; authorization: string | undefined }[]
}

export async function imageServer(image: Uint8Array): Promise<ImageServer> {
  const http = createServer((request, response) => {
    const { range, authorization } = request.headers
    server.requests.push({ range, authorization })
    if (server.before(request, response)) return
    const { etag } = server
    if (etag !== undefined) response.setHeader('etag', etag)
    const ifRange = request.headers['if-range']
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    const size = server.image.length
    if (from === undefined || to === undefined || (ifRange !== undefined && ifRange !== etag)) {
      response.writeHead(200, { 'content-length': size }).end(server.image)
      return
    }
    const start = Number(from)
    const end = Math.min(Number(to) + 1, size)
    if (start >= size) {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
      return
    }
    response
      .writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${size}`, 'content-length': end - start })
      .end(server.image.subarray(start, end))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const server: ImageServer = {
    url: `http://127.0.0.1:${port}/disk.img`,
    image,
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
