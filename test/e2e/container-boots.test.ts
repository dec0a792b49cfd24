import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { debianContainer } from '../../lab/index.ts'
import { ROOT } from '../../scripts/source/index.ts'

/**
 * A bootable container image becomes a system that boots to a login prompt: from memory, without a disk, and as a disk that UEFI
 * boots. Under QEMU without KVM: several minutes each. Needs root, mmdebstrap, umoci, mtools, dosfstools, jq, ovmf and
 * qemu-system-x86. The container is built once and kept in the test bed's directory.
 */
const run = promisify(execFile)
const MINUTE_MS = 60_000
const MEMORY_MIB = '1024'
const SECONDS = '1500'

describe('a bootable container image', { timeout: 60 * MINUTE_MS }, () => {
  it('boots to a login prompt from memory', async () => {
    const end = await boot(['--live'], (out) => ['lab/live/boot-live.sh', out])
    assert.equal(end, 'login')
  })

  it('boots to a login prompt from a disk that was made of it', async () => {
    const disk = (out: string): string => join(out, 'base.raw')
    const end = await boot(['--disk', 'ext4', '--whole-disk'], (out) => [
      'lab/live/boot-uefi-disk.sh',
      disk(out),
    ])
    assert.equal(end, 'login')
  })
})

async function boot(
  flags: readonly string[],
  booted: (out: string) => readonly [script: string, what: string],
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anneal-container-'))
  try {
    const out = join(directory, 'out')
    const image = `oci:${await debianContainer()}:latest`
    await run(join(ROOT, 'anneal'), ['image', 'convert', image, ...flags, '-o', out])
    const [script, what] = booted(out)
    // Its exit code is 0 for a login prompt only; what it prints says which end it was.
    const { stdout } = await run(join(ROOT, script), [what, `${out}.log`, MEMORY_MIB, SECONDS]).catch(
      (error: { stdout: string }) => error,
    )
    return stdout.split(' ')[0] ?? ''
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
