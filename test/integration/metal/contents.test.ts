/**
 * What the deploy ramdisk says of the content of disks: its script by busybox, as in the ramdisk, on devices of the kernel. Witnesses:
 * the programs that made what is on them.
 */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { REPOSITORY } from '../../../lab/paths.ts'
import { parseReport } from '../../../src/conductor/index.ts'
import type { DiskContent } from '../../../src/conductor/index.ts'
import { REPORT } from '../../fixtures/conductor/index.ts'
import { blkid, loopOf } from './support/loop-device.ts'
import type { Loop } from './support/loop-device.ts'

const run = promisify(execFile)
const PROGRAMS = ['busybox', 'sfdisk', 'losetup', 'partx', 'pvcreate', 'mke2fs', 'mkswap', 'blkid']
const missing = PROGRAMS.filter((one) => spawnSync('which', [one]).status !== 0).join(', ')
const GROUP = `anneal-keep-${process.pid}`
const TABLE = `label: gpt
size=32MiB, name="My Data 100%"
size=32MiB, name=lvm
size=8MiB
size=8MiB, name=raw
`

describe('the deploy ramdisk looks at a disk', { skip: missing === '' ? false : `needs ${missing}` }, () => {
  let directory = ''
  let loop: Loop
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-contents-'))
    mkdirSync(join(directory, 'run'))
    const image = join(directory, 'disk')
    writeFileSync(image, '')
    truncateSync(image, 100 * 2 ** 20)
    await run('sh', ['-c', `sfdisk -q ${image} <<'END'\n${TABLE}END`])
    loop = await loopOf(image, 512)
    await loop.partitions()
    await run('mke2fs', ['-q', '-t', 'ext4', '-L', 'my data', `${loop.path}p1`])
    await run('mkswap', ['-L', 'swap%20', `${loop.path}p3`])
    await run('pvcreate', ['-q', '-y', `${loop.path}p2`])
    await run('vgcreate', ['-q', `${GROUP}-old`, `${loop.path}p2`])
    await run('vgrename', ['-q', `${GROUP}-old`, GROUP])
  })
  after(async () => {
    if (loop !== undefined) {
      await run('vgremove', ['-q', '-f', '-y', GROUP]).catch(() => undefined)
      await loop[Symbol.asyncDispose]()
    }
    rmSync(directory, { recursive: true })
  })

  /** What the script finds on these disks, as the conductor reads it. */
  async function contents(...disks: readonly string[]): Promise<readonly DiskContent[]> {
    const scripts = ['devices', 'report', 'contents'].map(
      (name) => `. ${REPOSITORY}/images/deploy-ramdisk/${name}.sh`,
    )
    const script = [
      `run=${directory}/run`,
      ...scripts,
      `disks() { echo ${disks.join(' ')}; }`,
      'report_contents',
    ]
    const { stdout } = await run('busybox', ['sh', '-c', script.join('\n')])
    return parseReport(REPORT + stdout).contents ?? assert.fail(stdout)
  }

  test('and names labels, UUIDs, partitions and the volume group as it is called now', async () => {
    const name = loop.path.replace('/dev/', '')
    const found = await contents(name)
    const [first, second, third, fourth] = found
    assert.equal(found.length, 4, JSON.stringify(found))
    assert.deepEqual(first, {
      disk: name,
      on: `${name}p1`,
      isUnclear: false,
      type: 'ext4',
      label: 'my data',
      uuid: await blkid(`${loop.path}p1`, 'UUID'),
      partitionLabel: 'My Data 100%',
      partitionUuid: await blkid(`${loop.path}p1`, 'PART_ENTRY_UUID'),
    })
    assert.deepEqual([second?.type, second?.volumeGroup], ['LVM2_member', GROUP])
    assert.deepEqual([third?.type, third?.label, third?.partitionLabel], ['swap', 'swap%20', undefined])
    assert.deepEqual([fourth?.type, fourth?.partitionLabel], [undefined, 'raw'])
  })

  test('and says so where it cannot tell', async () => {
    const two = join(directory, 'two')
    writeFileSync(two, '')
    truncateSync(two, 16 * 2 ** 20)
    await run('mke2fs', ['-q', '-F', '-t', 'ext4', two])
    // The signature of ISO 9660 beside that of ext4.
    await run('sh', [
      '-c',
      `printf '\\001CD001\\001' | dd of=${two} bs=1 seek=32768 conv=notrunc status=none`,
    ])
    await using other = await loopOf(two, 512)
    const name = other.path.replace('/dev/', '')
    const found = await contents(name, 'nosuchdisk')
    assert.deepEqual(found, [
      { disk: name, on: name, isUnclear: true },
      { disk: 'nosuchdisk', on: 'nosuchdisk', isUnclear: true },
    ])
  })

  test('and finds nothing on an empty one, nor a group where LVM says none', async () => {
    const bare = join(directory, 'bare')
    writeFileSync(bare, '')
    truncateSync(bare, 16 * 2 ** 20)
    await using other = await loopOf(bare, 512)
    const name = other.path.replace('/dev/', '')
    assert.deepEqual(await contents(name), [])
    await run('pvcreate', ['-q', '-y', other.path])
    const [orphan] = await contents(name)
    assert.deepEqual([orphan?.type, orphan?.volumeGroup], ['LVM2_member', undefined])
  })
})
