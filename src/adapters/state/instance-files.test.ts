import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { NetworkBoot } from '../../ports/index.ts'
import { openInstanceFiles } from './instance-files.ts'

let directory: string

const source = (text: string): ByteSource => fromBytes(new TextEncoder().encode(text), text)

/** How often its bytes were read. */
function counted(): NetworkBoot & { reads: number } {
  const root = source('root image')
  const boot = {
    reads: 0,
    kernel: source('kernel'),
    ramdisk: source('ramdisk'),
    rootImage: {
      ...root,
      read: (offset: number, length: number) => {
        boot.reads += 1
        return root.read(offset, length)
      },
    },
    commandLine: 'quiet',
    identity: 'abc',
  }
  return boot
}

const sets = (): readonly string[] => readdirSync(join(directory, 'boot-sets'))

describe('what machines boot over the network', () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-instances-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  test('is kept for each machine, and replaced as a whole', async () => {
    const files = openInstanceFiles(directory)
    await files.save('one', { kernel: source('old'), ramdisk: source('initrd'), commandLine: 'ro' })
    await files.save('one', { kernel: source('new'), commandLine: 'rw' })
    assert.equal(readFileSync(files.path('one', 'kernel'), 'utf8'), 'new')
    assert.deepEqual([await files.commandLine('one'), await files.hasRamdisk('one')], ['rw', false])
    await files.remove('one')
    assert.deepEqual(
      [await files.commandLine('one'), existsSync(files.path('one', 'kernel'))],
      [undefined, false],
    )
  })

  test('is copied once for all machines that have the same live set', async () => {
    const files = openInstanceFiles(directory)
    const boot = counted()
    await Promise.all(['one', 'two'].map((machine) => files.save(machine, boot)))
    await files.save('three', { ...boot, commandLine: 'debug' })
    assert.equal(boot.reads, 1)
    assert.equal(statSync(files.path('one', 'rootImage')).nlink, 4)
    assert.deepEqual([await files.commandLine('two'), await files.commandLine('three')], ['quiet', 'debug'])
  })

  test('goes with the last machine that has it', async () => {
    const files = openInstanceFiles(directory)
    const boot = counted()
    for (const machine of ['one', 'two']) await files.save(machine, boot)
    await files.remove('one')
    assert.deepEqual(sets(), ['abc'])
    assert.equal(readFileSync(files.path('two', 'rootImage'), 'utf8'), 'root image')
    await files.save('two', { ...boot, identity: 'other' })
    assert.deepEqual(sets(), ['other'])
    await files.remove('two')
    assert.deepEqual(sets(), [])
  })

  test('leaves nothing of a copy that was broken off', async () => {
    mkdirSync(join(directory, 'boot-sets', 'abc.new'), { recursive: true })
    mkdirSync(join(directory, 'boot-sets', 'gone.new'))
    const files = openInstanceFiles(directory)
    await files.save('one', counted())
    assert.deepEqual(sets(), ['abc'])
    const broken = { ...counted(), identity: 'broken', kernel: { ...source('x'), read: failing } }
    await assert.rejects(files.save('two', broken), /cannot be read/)
    await files.remove('two')
    assert.deepEqual(sets(), ['abc'])
  })
})

const failing = (): Promise<never> => Promise.reject(new Error('it cannot be read'))
