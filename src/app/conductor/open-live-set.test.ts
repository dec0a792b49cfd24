import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { openDeployImage, openLiveSet } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-live-set-'))
after(() => rmSync(directory, { recursive: true }))

const URL = 'http://files.example/root.img'
const NOTHING = { addedArguments: [], deletedArguments: [], signal: new AbortController().signal }

/** As `anneal image convert --live` writes one, with other bytes. */
function placeSet(
  name: string,
  {
    live,
    commandLine = 'root=live:/live.img rw',
    sizes = {},
  }: Readonly<{
    live?: Readonly<Record<string, unknown>>
    commandLine?: string
    sizes?: Readonly<Record<string, number>>
  }> = {},
): string {
  const at = join(directory, name)
  mkdirSync(at)
  const stored = (file: string, bytes: number) => {
    writeFileSync(join(at, file), new Uint8Array(bytes))
    return { file, sizeBytes: sizes[file] ?? bytes }
  }
  const document = {
    schema: 'anneal.boot/1',
    kernel: stored('kernel', 1024),
    ramdisk: stored('ramdisk', 2 ** 20),
    live: { file: 'ramdisk', sizeBytes: 1000, format: 'squashfs', ...live },
    boot: { commandLine },
    warnings: [],
  }
  writeFileSync(join(at, 'boot.json'), JSON.stringify(document))
  return at
}

function placeFile(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  const live = { file: 'root.squashfs', sizeBytes: 4 * 2 ** 20, url: URL, ...more }
  const at = placeSet(name, { live, commandLine: `root=live:${URL} rd.live.image ip=dhcp` })
  writeFileSync(join(at, 'root.squashfs'), new Uint8Array(4 * 2 ** 20))
  return at
}

function placeBase(name: string): string {
  const at = placeSet(name)
  const boot = { schema: 'anneal.boot/1', boot: { commandLine: 'ro' }, warnings: [] }
  writeFileSync(join(at, 'boot.json'), JSON.stringify(boot))
  return at
}

describe('a live set', () => {
  test('with its root image in the ramdisk is a kernel and a ramdisk', async () => {
    const location = placeSet('inside')
    await using set = await openLiveSet({ ...NOTHING, location })
    const { kernel, ramdisk, rootImage, commandLine } = set.boot
    assert.deepEqual([kernel.size, ramdisk?.size, rootImage], [1024, 2 ** 20, undefined])
    assert.equal(commandLine, 'root=live:/live.img rw')
    assert.equal(set.memoryMib, 4 + 256)
  })

  test('with its root image in a file has the place of the conductor’s address on its command line', async () => {
    const location = placeFile('beside')
    await using set = await openLiveSet({ ...NOTHING, location, addedArguments: ['quiet'] })
    assert.equal(set.boot.rootImage?.size, 4 * 2 ** 20)
    assert.equal(
      set.boot.commandLine,
      'root=live:http://root-image.invalid/root.squashfs rd.live.image ip=dhcp quiet',
    )
    assert.equal(set.memoryMib, 4 + 4 + 256)
  })

  test('leaves a root alone that was named by --karg', async () => {
    const location = placeFile('named')
    const addedArguments = ['root=live:http://mirror.example/other.img']
    await using set = await openLiveSet({ ...NOTHING, location, addedArguments })
    assert.match(set.boot.commandLine, /root=live:http:\/\/mirror\.example\/other\.img$/)
    assert.doesNotMatch(set.boot.commandLine, /invalid/)
  })

  test('is the same as before until one of its files changes', async () => {
    const location = placeSet('same')
    const identity = async (): Promise<string | undefined> => {
      await using set = await openLiveSet({ ...NOTHING, location })
      return set.boot.identity
    }
    const first = await identity()
    assert.equal(await identity(), first)
    writeFileSync(join(location, 'ramdisk'), new Uint8Array(2 ** 20))
    assert.notEqual(await identity(), first)
  })

  for (const [what, place, code] of [
    ['a directory without boot.json', () => directory, 'DEPLOY_IMAGE_SET'],
    ['what is not there', () => join(directory, 'nowhere'), 'DEPLOY_IMAGE_FORM'],
    ['a set with a base for a disk', () => placeBase('other'), 'DEPLOY_IMAGE_FORM'],
    [
      'a file that lies elsewhere',
      () => placeFile('apart', { file: '../root.squashfs' }),
      'DEPLOY_IMAGE_SET',
    ],
    ['a file that was cut off', () => placeSet('cut', { sizes: { ramdisk: 5 } }), 'DEPLOY_IMAGE_SET'],
  ] as const) {
    test(`is not ${what}`, async () => {
      await assert.rejects(openLiveSet({ ...NOTHING, location: place() }), (error) =>
        isAnnealError(error, code),
      )
    })
  }

  for (const form of ['wholeDisk', 'trio'] as const) {
    test(`is not written to a disk (${form})`, async () => {
      const opened = openDeployImage({ ...NOTHING, location: placeSet(`as ${form}`), form })
      await assert.rejects(
        opened,
        (error) => isAnnealError(error, 'DEPLOY_IMAGE_FORM') && /--form live/.test(error.message),
      )
    })
  }
})
