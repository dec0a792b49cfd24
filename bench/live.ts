import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianImage } from '../lab/index.ts'
import { median, pairedRatio } from './statistics.ts'

/**
 * How fast a live image is made: `anneal image convert --live` against mksquashfs of the same tree from the mounted file system,
 * with the same compression, in turns. `npm run bench:live -- [ROUNDS] [IMAGE]`; root, to mount. IMAGE is one raw file system
 * that boots (default: the Debian of the test bed).
 */
const ROUNDS = Number(process.argv[2] ?? 3)
const MIB = 1 << 20
const ROOT = join(import.meta.dirname, '..')

const directory = mkdtempSync(join(process.env['TMPDIR'] ?? '/var/tmp', 'anneal-bench-'))
try {
  await main(process.argv[3] ?? (await debianImage()))
} finally {
  spawnSync('umount', [join(directory, 'mounted')])
  rmSync(directory, { recursive: true })
}

async function main(image: string): Promise<void> {
  const mounted = join(directory, 'mounted')
  must('mkdir', [mounted])
  must('mount', ['-o', 'loop,ro', image, mounted])
  const ours: number[] = []
  const theirs: number[] = []
  let peakMib = 0
  for (let round = 0; round <= ROUNDS; round += 1) {
    const live = await anneal(image)
    const squash = join(directory, 'root.squashfs')
    const startedAt = performance.now()
    must('mksquashfs', [mounted, squash, '-noappend', '-quiet', '-no-progress', '-comp', 'zstd'])
    const tookMs = performance.now() - startedAt
    process.stderr.write(`${round}/${ROUNDS}: ${live.tookMs.toFixed(0)} ms against ${tookMs.toFixed(0)} ms\n`)
    // The first round warms the page cache.
    if (round === 0) continue
    ours.push(live.tookMs)
    theirs.push(tookMs)
    peakMib = Math.max(peakMib, live.peakMib)
  }
  const seconds = (list: readonly number[]): string => `${(median(list) / 1000).toFixed(1)} s`
  const ratio = pairedRatio(ours, theirs)
  process.stdout.write(
    `| Anneal, median | its peak memory | mksquashfs of the mounted tree, median | paired |\n|---|---|---|---|\n| ${seconds(ours)} | ${peakMib.toFixed(0)} MiB | ${seconds(theirs)} | ${ratio.toFixed(2)} |\n`,
  )
}

/** The whole command, kernel, ramdisk, digests and all; its memory is that of its own process, without mksquashfs's. */
async function anneal(image: string): Promise<Readonly<{ tookMs: number; peakMib: number }>> {
  const out = join(directory, 'out')
  const startedAt = performance.now()
  // The launcher becomes Node, with the flags that a user gets.
  const child = spawn(join(ROOT, 'anneal'), ['image', 'convert', image, '--live', '-o', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close')
  let peakMib = 0
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const [, kib = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
      peakMib = Math.max(peakMib, (Number(kib) * 1024) / MIB)
    } catch {
      // It ended meanwhile.
    }
    await sleep(50)
  }
  await ended
  if (child.exitCode !== 0) throw new Error(said)
  const tookMs = performance.now() - startedAt
  rmSync(out, { recursive: true })
  return { tookMs, peakMib }
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString()}`)
}
