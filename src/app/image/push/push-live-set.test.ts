import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import { FakeStore } from '../../../runtime/image/push/testing/fake-store.ts'
import { isBootSet, pushLiveSet } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-push-live-'))
after(() => rmSync(directory, { recursive: true }))

const OPTIONS = { addedArguments: [], deletedArguments: [], signal: new AbortController().signal }

function placeSet(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  const at = join(directory, name)
  mkdirSync(at)
  const stored = (file: string, bytes: number) => {
    writeFileSync(join(at, file), new Uint8Array(bytes).fill(bytes % 251))
    return { file, sizeBytes: bytes }
  }
  const document = {
    schema: 'anneal.boot/1',
    source: { name: 'fedora.qcow2' },
    kernel: stored('kernel', 1000),
    ramdisk: stored('ramdisk', 3 * 2 ** 20),
    live: { file: 'ramdisk', sizeBytes: 1000, format: 'squashfs' },
    boot: { commandLine: 'root=live:/live.img rw', os: { id: 'fedora', versionId: '44', name: 'Fedora' } },
    warnings: [],
    ...more,
  }
  writeFileSync(join(at, 'boot.json'), JSON.stringify(document))
  return at
}

describe('a live set that is pushed', () => {
  test('is a kernel, a ramdisk, and its boot.json, which names both and says how much memory it needs', async () => {
    const store = new FakeStore()
    const at = placeSet('one')
    const { images } = await pushLiveSet(store, at, { ...OPTIONS, addedArguments: ['quiet'] })
    assert.deepEqual(
      images.map(({ role, name, outcome, sizeBytes }) => [role, name, outcome, sizeBytes]),
      [
        ['kernel', 'fedora-live-kernel', 'uploaded', 1000],
        ['ramdisk', 'fedora-live-ramdisk', 'uploaded', 3 * 2 ** 20],
        ['base', 'fedora-live', 'uploaded', readFileSync(join(at, 'boot.json')).length],
      ],
    )
    const [kernel, ramdisk, base] = images.map(({ id }) => id ?? '')
    assert.deepEqual(store.bytes.get(base ?? ''), readFileSync(join(at, 'boot.json')))
    const image = store.images.get(base ?? '')
    assert.ok(image)
    const { properties, minRamMb } = image as typeof image & { minRamMb?: number }
    assert.equal(minRamMb, 12 + 256)
    const { kernel_id, ramdisk_id, kernel_cmdline, anneal_holds, os_distro, os_version } = properties
    assert.deepEqual(
      { kernel_id, ramdisk_id, kernel_cmdline, anneal_holds, os_distro, os_version },
      {
        kernel_id: kernel,
        ramdisk_id: ramdisk,
        kernel_cmdline: 'root=live:/live.img rw quiet',
        anneal_holds: 'live',
        os_distro: 'fedora',
        os_version: '44',
      },
    )
  })

  test('is sent once', async () => {
    const store = new FakeStore()
    const at = placeSet('twice')
    await pushLiveSet(store, at, OPTIONS)
    const { images } = await pushLiveSet(store, at, OPTIONS)
    assert.ok(images.every(({ outcome, sentBytes }) => outcome === 'kept' && sentBytes === 0))
  })

  test('leaves a root image where it is, and warns of it', async () => {
    const url = 'http://files.example/root.squashfs'
    const live = { file: 'root.squashfs', sizeBytes: 5, format: 'squashfs', url }
    const at = placeSet('apart', { live })
    writeFileSync(join(at, 'root.squashfs'), '12345')
    const told: string[] = []
    const control = { onWarning: (text: string) => void told.push(text) }
    const { images } = await pushLiveSet(new FakeStore(), at, { ...OPTIONS, mode: 'plan' }, control)
    assert.equal(images.length, 3)
    assert.match(told.join(), /not pushed: machines fetch it from http:\/\/files\.example/)
  })

  test('is not a set with a base for a disk', async () => {
    const at = placeSet('base', { live: undefined })
    await assert.rejects(pushLiveSet(new FakeStore(), at, OPTIONS), (error) =>
      isAnnealError(error, 'BOOT_SET_NOT_LIVE'),
    )
  })

  test('is known by its boot.json', async () => {
    assert.deepEqual(
      [await isBootSet(placeSet('known')), await isBootSet(directory), await isBootSet('/nowhere')],
      [true, false, false],
    )
  })
})
