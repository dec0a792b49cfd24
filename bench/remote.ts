import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileSource } from '../src/adapters/image-source/index.ts'
import { imageServer } from '../src/adapters/image-source/testing/image-server.ts'
import type { BootFile } from '../src/contract/index.ts'
import { ROOT } from '../scripts/source/index.ts'

/**
 * How much comes over the line when kernel, ramdisk and boot.json are taken out of an image on a web server:
 *
 *     npm run bench:remote -- IMAGE…
 */
for (const path of process.argv.slice(2)) {
  await using source = await openFileSource(path)
  await using server = await imageServer(source)
  const dir = await mkdtemp(join(tmpdir(), 'anneal-bench-remote-'))
  try {
    await anneal('inspect', server.url)
    const inspect = { bytes: server.sentBytes, requests: server.requests.length }
    server.sentBytes = 0
    server.requests.length = 0
    const startedAt = performance.now()
    await anneal('convert', '--boot-only', server.url, '-o', join(dir, 'out'))
    const seconds = (performance.now() - startedAt) / 1000
    const boot = JSON.parse(await readFile(join(dir, 'out/boot.json'), 'utf8')) as BootFile
    const files = (boot.kernel?.sizeBytes ?? 0) + (boot.ramdisk?.sizeBytes ?? 0)
    process.stdout.write(
      [
        `${path}: ${source.size} bytes`,
        `  inspect: ${inspect.bytes} bytes in ${inspect.requests} requests`,
        `  kernel + ramdisk: ${files} bytes; sent ${server.sentBytes} in ${server.requests.length} requests, ${seconds.toFixed(2)} s`,
        `  more than kernel + ramdisk: ${((server.sentBytes - files) / 1e6).toFixed(2)} MB`,
        '',
      ].join('\n'),
    )
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function anneal(...words: readonly string[]): Promise<void> {
  const child = spawn(join(ROOT, 'anneal'), ['image', ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`anneal image ${words.join(' ')}: exit code ${code}`)
}
