import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Conductor } from '../../app/conductor/index.ts'
import type { InstanceFile } from '../../ports/index.ts'
import type { Reply, Request, Routes } from '../route.ts'

/** Where the programs are that firmware boots over HTTP. */
export type BootFiles = Readonly<{ programs?: string }>

/** What machines fetch while they boot. A machine gets nothing of another’s: what it boots of its own wants a token. */
export function bootRoutes({ boots }: Conductor, files: BootFiles): Routes {
  return {
    'GET /boot/ipxe': async ({ query, from }) => text(200, await boots.script(query.get('mac') ?? '', from)),
    'GET /boot/ramdisk/{architecture}/{which}': ({ parts, headers }) => {
      const which = parts['which']
      const path =
        which === 'kernel' || which === 'ramdisk'
          ? boots.ramdiskFile(parts['architecture'] ?? '', which)
          : undefined
      return path === undefined ? text(404, 'no such file\n') : fileReply(path, headers.range)
    },
    'GET /boot/agent/{node}/{which}': ({ parts, headers }) => {
      const which = parts['which']
      const path =
        which === 'kernel' || which === 'ramdisk' ? boots.agentFile(parts['node'] ?? '', which) : undefined
      return path === undefined ? text(404, 'no such file\n') : fileReply(path, headers.range)
    },
    'GET /boot/program/{file}': ({ parts, headers }) => {
      const file = parts['file'] ?? ''
      if (files.programs === undefined || !/^[a-z0-9][a-z0-9._-]*$/i.test(file))
        return text(404, 'no such file\n')
      return fileReply(join(files.programs, file), headers.range)
    },
    'GET /boot/instance/{token}/{which}': ({ parts, headers }) => {
      const which = instanceFile(parts['which'])
      const path = which === undefined ? undefined : boots.file(parts['token'] ?? '', which)
      return path === undefined ? text(404, 'no such file\n') : fileReply(path, headers.range)
    },
  }
}

/** `root.squashfs` and `root.erofs`: what fetches a root image goes by the end of its name. */
function instanceFile(name: string | undefined): InstanceFile | undefined {
  if (name === 'kernel' || name === 'ramdisk') return name
  return name === 'root.squashfs' || name === 'root.erofs' ? 'rootImage' : undefined
}

/** What deploy ramdisks fetch and say (docs/deploy-protocol.md). Every path wants a token. */
export function ramdiskRoutes({ ramdisks }: Conductor): Routes {
  return {
    'POST /ramdisk/hello': async (request) =>
      text(200, await ramdisks.hello(tokenOf(request), await request.text(), request.from)),
    'GET /ramdisk/piece/{index}': async (request) => {
      const index = Number(request.parts['index'])
      const piece = await ramdisks.piece(tokenOf(request), index, request.from, request.signal)
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        body: piece.packed === undefined ? piece.head : [Buffer.from(piece.head), piece.packed],
      }
    },
    'POST /ramdisk/progress': async (request) =>
      text(200, ramdisks.progress(tokenOf(request), await request.text(), request.from)),
    'POST /ramdisk/ready': async (request) =>
      text(200, ramdisks.offered(tokenOf(request), await request.text(), request.from)),
    'POST /ramdisk/done': async (request) =>
      text(200, ramdisks.done(tokenOf(request), await request.text(), request.from)),
    'POST /ramdisk/failed': async (request) =>
      text(200, ramdisks.failed(tokenOf(request), await request.text(), request.from)),
  }
}

function tokenOf({ headers }: Request): string {
  const token = headers['x-anneal-token']
  return typeof token === 'string' ? token : ''
}

export function text(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

/** A file, or one range of it (RFC 9110, 14): firmware fetches large files in pieces. */
async function fileReply(path: string, range: string | undefined): Promise<Reply> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) return text(404, 'no such file\n')
  const { size } = found
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  const start = match === null ? 0 : Number(match[1])
  const end = match === null || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (start > end) return { status: 416, headers: { 'content-range': `bytes */${size}` } }
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(end - start + 1),
    'accept-ranges': 'bytes',
    ...(match === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  }
  return { status: match === null ? 200 : 206, headers, body: createReadStream(path, { start, end }) }
}
