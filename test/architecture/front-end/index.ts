import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { convertImage } from '../../../src/app/image/convert/index.ts'
import { inspectImage, openImage } from '../../../src/app/image/index.ts'
import { statusOf, upgradeNode } from '../../../src/app/node/index.ts'
import { releaseFile } from '../../../src/app/node/release/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import type { NodeWorld } from '../../../src/ports/index.ts'

/** What a caller sends, as JSON. */
type Request = Readonly<{ file?: string; image?: string; directory?: string }>

type Tell = (line: object) => void

/**
 * A second way in: the use cases over HTTP, for several nodes in one process. It answers with JSON lines: events while it
 * works, and the result or the error last. It is here to show that `src/app` is enough to write one.
 *
 * `GET /nodes/NAME`, `POST /nodes/NAME/upgrade` with `file`, `POST /inspect` with `image`, `POST /convert` with `image`
 * and `directory`.
 */
export function frontEnd(nodes: ReadonlyMap<string, NodeWorld>): Server {
  return createServer((request, response) => void answer(nodes, request, response))
}

async function answer(
  nodes: ReadonlyMap<string, NodeWorld>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const tell: Tell = (line) => void response.write(`${JSON.stringify(line)}\n`)
  try {
    const [, what = '', name = '', verb = 'status'] = (request.url ?? '').split('/')
    const body = await bodyOf(request)
    const result =
      what === 'nodes'
        ? await onNode(nodes.get(name), verb, body, tell, gone.signal)
        : await onImage(what, body, tell, gone.signal)
    tell({ result })
  } catch (error) {
    if (!isAnnealError(error)) throw error
    tell({ error: { code: error.code, message: error.message, remedy: error.remedy } })
  } finally {
    response.end()
  }
}

async function onNode(
  world: NodeWorld | undefined,
  verb: string,
  { file = '' }: Request,
  tell: Tell,
  signal: AbortSignal,
): Promise<object | undefined> {
  if (world === undefined) return undefined
  if (verb === 'status') return statusOf(world)
  return upgradeNode(
    world,
    { release: () => releaseFile(file, { environment: {} }) },
    {
      signal,
      onPlanned: ({ plan }) => tell({ event: 'planned', services: plan.actions.map((one) => one.service) }),
      onEntry: ({ type }) => tell({ event: type }),
    },
  )
}

async function onImage(
  what: string,
  { image = '', directory = '' }: Request,
  tell: Tell,
  signal: AbortSignal,
): Promise<object> {
  const boot = { kargs: [], deleteKargs: [] }
  if (what === 'inspect') {
    await using opened = await openImage(image, { signal })
    const { contract } = await inspectImage(opened, boot, { signal })
    return contract
  }
  return convertImage(
    image,
    { boot, signal },
    { directory, existing: 'refuse', format: 'raw' },
    { onProgress: (progress) => tell({ event: 'converted', ...progress }) },
  )
}

async function bodyOf(request: IncomingMessage): Promise<Request> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text === '' ? {} : (JSON.parse(text) as Request)
}
