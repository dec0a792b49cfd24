import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'

import { end, listening, start } from './bed.ts'

/** A real registry (Debian's docker-registry) on this machine's loopback. */
export type Registry = Readonly<{
  /** `127.0.0.1:PORT` */
  host: string
  close: () => Promise<void>
}>

export const LOGIN = { username: 'anneal', password: 'tempered "steel":7' } as const

/** bcrypt of LOGIN's password: `htpasswd -nbB`. */
const HTPASSWD = 'anneal:$2y$05$LRNKm17TK/s5rDrWbsqyeu0E0lAJJl1Kz63FhzBhCAkKZPG51Dl8.'

export async function openRegistry(dir: string, options: { auth: boolean }): Promise<Registry> {
  mkdirSync(dir, { recursive: true })
  const port = await freePort()
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(dir, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    ...(options.auth ? { auth: { htpasswd: { realm: 'forge', path: join(dir, 'htpasswd') } } } : {}),
  }
  // YAML is a superset of JSON.
  writeFileSync(join(dir, 'config.yml'), JSON.stringify(config))
  writeFileSync(join(dir, 'htpasswd'), `${HTPASSWD}\n`)
  const child = start(dir, 'docker-registry', ['serve', join(dir, 'config.yml')])
  await listening(port, child, join(dir, 'log'))
  return { host: `127.0.0.1:${port}`, close: () => end(child) }
}

/** A registry that answers for any manifest with another one: what a tampered mirror would do. */
export function openLyingRegistry(honest: string, other: string): Promise<Registry> {
  return openProxy(honest, {
    rewrite: (path) => path.replace(/(\/manifests\/)sha256:[0-9a-f]{64}$/, `$1${other}`),
    slow: (body) => body,
  })
}

/** The same registry behind a line of about 1 MB a second for each layer. */
export function openSlowRegistry(fast: string): Promise<Registry> {
  const slow = (body: Readable) =>
    body.pipe(
      new Transform({
        transform: (chunk: Buffer, _, done) => void setTimeout(() => done(null, chunk), chunk.length / 1000),
      }),
    )
  return openProxy(fast, { rewrite: (path) => path, slow })
}

async function openProxy(
  target: string,
  behaviour: Readonly<{ rewrite: (path: string) => string; slow: (body: Readable) => Readable }>,
): Promise<Registry> {
  const server: Server = createServer((incoming, outgoing) => {
    const path = behaviour.rewrite(incoming.url ?? '/')
    const [host, port] = target.split(':')
    const forward = request(
      { host, port, path, method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        behaviour.slow(answer).pipe(outgoing)
      },
    )
    incoming.pipe(forward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * Puts an image of three layers into the registry, over the distribution API: busybox, a random one of 3 MiB (so that
 * a download takes more than one line of progress) and a small one that makes `marker` differ. Gives its digest.
 */
export async function pushImage(
  registry: string,
  name: string,
  busyboxTar: Buffer,
  dir: string,
  marker: string,
): Promise<string> {
  const layers = [
    busyboxTar,
    tarOf(dir, 'ballast', randomBytes(3 << 20)),
    tarOf(dir, 'marker', Buffer.from(marker)),
  ]
  const blobs = layers.map((tar) => gzipSync(tar, { level: 1 }))
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/bin/sh'], Labels: { marker } },
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
    }),
  )
  for (const blob of [...blobs, config]) await pushBlob(registry, name, blob)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: descriptor('application/vnd.docker.container.image.v1+json', config),
    layers: blobs.map((blob) => descriptor('application/vnd.docker.image.rootfs.diff.tar.gzip', blob)),
  })
  const answer = await fetch(`http://${registry}/v2/${name}/manifests/${marker}`, {
    method: 'PUT',
    headers: { ...authorization, 'content-type': 'application/vnd.docker.distribution.manifest.v2+json' },
    body: manifest,
  })
  if (!answer.ok) throw new Error(`cannot push manifest: ${answer.status} ${await answer.text()}`)
  return digestOf(Buffer.from(manifest))
}

const authorization = {
  authorization: `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`,
}

async function pushBlob(registry: string, name: string, blob: Buffer): Promise<void> {
  const opened = await fetch(`http://${registry}/v2/${name}/blobs/uploads/`, {
    method: 'POST',
    headers: authorization,
  })
  const location = new URL(opened.headers.get('location') ?? '', `http://${registry}`)
  location.searchParams.set('digest', digestOf(blob))
  const put = await fetch(location, { method: 'PUT', headers: authorization, body: new Uint8Array(blob) })
  if (!put.ok) throw new Error(`cannot push blob: ${put.status} ${await put.text()}`)
}

function descriptor(mediaType: string, blob: Buffer): object {
  return { mediaType, size: blob.length, digest: digestOf(blob) }
}

function digestOf(blob: Buffer): string {
  return `sha256:${createHash('sha256').update(blob).digest('hex')}`
}

function tarOf(dir: string, name: string, content: Buffer): Buffer {
  const folder = join(dir, `layer-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), content)
  return execFileSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', folder, '-c', name], {
    maxBuffer: 64 << 20,
  })
}
