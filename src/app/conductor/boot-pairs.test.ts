import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { efiKernel } from '../../../test/fixtures/conductor/index.ts'
import { readBootPairs } from './boot-pairs.ts'

describe('directories with a kernel and a ramdisk', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-boot-pairs-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  function place(name: string, kernel: Uint8Array): string {
    const path = join(directory, name)
    mkdirSync(path)
    writeFileSync(join(path, 'vmlinuz'), kernel)
    writeFileSync(join(path, 'initrd'), '')
    return path
  }

  test('are sorted by the processor that the kernel is for', async () => {
    const [one, other] = [place('one', efiKernel(0x8664)), place('other', efiKernel(0xaa64))]
    assert.deepEqual(await readBootPairs([other, one]), {
      aarch64: { kernel: join(other, 'vmlinuz'), ramdisk: join(other, 'initrd') },
      x86_64: { kernel: join(one, 'vmlinuz'), ramdisk: join(one, 'initrd') },
    })
    assert.deepEqual(await readBootPairs([]), {})
  })

  test('may have a kernel for BIOS alone', async () => {
    const kernel = new Uint8Array(1024)
    kernel.set(Buffer.from('HdrS'), 514)
    assert.deepEqual(Object.keys(await readBootPairs([place('one', kernel)])), ['x86_64'])
  })

  test('are refused where a file is missing, the kernel is something else, or two are for one processor', async () => {
    const invalid = (paths: readonly string[], why: RegExp): Promise<void> =>
      assert.rejects(readBootPairs(paths), (error: Error) => {
        assert.match(error.message, why)
        assert.equal((error as Error & { code?: string }).code, 'BOOT_FILES_INVALID')
        return true
      })
    await invalid([join(directory, 'nowhere')], /vmlinuz" is not there/)
    await invalid([place('script', Buffer.from('#!/bin/sh\n'))], /is no kernel for x86_64 or aarch64/)
    await invalid([place('other', efiKernel(0x5064))], /is no kernel for x86_64 or aarch64/)
    const [one, two] = [place('one', efiKernel(0x8664)), place('two', efiKernel(0x8664))]
    await invalid([one, two], /it is for x86_64, as is ".*one"/)
  })
})
