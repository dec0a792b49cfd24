import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { makeConfigDrive } from '../../src/adapters/config-drive/index.ts'
import { diskComposer, openDeployImage } from '../../src/app/conductor/index.ts'
import type { DeployForm } from '../../src/ports/index.ts'
import { makeAtomicImage, missingImagePrograms } from '../fixtures/atomic-image.ts'
import type { ImageLayout } from '../fixtures/atomic-image.ts'
import { debianKernel } from '../fixtures/debian-kernel.ts'
import { writeComposed } from '../fixtures/write-composed.ts'

/** Composed disks in a virtual machine with Debian's kernel: its own scan of the tables, and its mounts. */
const MIB = 1 << 20
const DEADLINE_MS = 180_000
const missing =
  missingImagePrograms() ??
  ['qemu-system-x86_64', 'busybox', 'depmod', 'genisoimage'].find(
    (one) => spawnSync('which', [one]).status !== 0,
  )
const CONTENT = { metaData: { hostname: 'compute-1' }, userData: '#cloud-config\n' }
const MODULES = ['virtio_pci', 'virtio_blk', 'isofs', 'nls_ascii', 'nls_cp437', 'nls_iso8859-1', 'vfat']
/** Which disk of the machine is what; the last has no table and an ISO 9660 on sectors that it cannot have. */
const DISKS = [
  { layout: 'debian', form: 'trio', sectorBytes: 512 },
  { layout: 'debian', form: 'trio', sectorBytes: 4096 },
  { layout: 'f21', form: 'wholeDisk', sectorBytes: 512 },
  { layout: 'fcos', form: 'wholeDisk', sectorBytes: 512 },
] as const satisfies readonly Readonly<{ layout: ImageLayout; form: DeployForm; sectorBytes: number }>[]
const SCRIPT = `
for part in /sys/class/block/vd??; do
  echo "part \${part##*/} $(sed -n 's/^PARTNAME=//p' $part/uevent)"
done
for name in vda2 vdb2 vdc3 vdd5 vde; do
  for type in iso9660 vfat; do
    mount -t $type -o ro /dev/$name /m 2>/dev/null || continue
    echo "drive $name $type $(cat /m/openstack/latest/meta_data.json)"
    umount /m
  done
done
for name in vda1:ext4 vdb1:ext4 vdc1:ext4 vdd4:xfs; do
  mount -t \${name#*:} -o ro /dev/\${name%:*} /m && echo "root $name $(ls /m | tr '\\n' ' ')" && umount /m
done
`

describe('composed disks in a machine', { skip: missing === undefined ? false : `needs ${missing}` }, () => {
  let dir = ''
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-composed-guest-'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  it('the kernel finds the partitions, and mounts roots and config drives', async () => {
    const files: string[] = []
    for (const [index, { layout, form, sectorBytes }] of DISKS.entries()) {
      const own = join(dir, layout)
      const location = join(own, 'image.qcow2')
      if ((await mkdir(own, { recursive: true })) !== undefined) await makeAtomicImage({ layout, dir: own })
      await using image = await openDeployImage({ location, form, addedArguments: [], deletedArguments: [] })
      const diskBytes = Math.ceil(image.disk.size / MIB + 100) * MIB
      const configDrive = await makeConfigDrive(CONTENT, sectorBytes)
      const path = await emptyFile(join(dir, `disk${index}`), diskBytes)
      const request = { image, diskBytes, sectorSizeBytes: sectorBytes, seed: 'seed', configDrive }
      await writeComposed(await diskComposer()(request), path)
      files.push(path)
    }
    const iso = await makeConfigDrive(CONTENT, 512)
    const bare = join(dir, 'bare')
    await writeFile(bare, await iso.read(0, iso.size))
    await truncate(bare, 4 * MIB)
    files.push(bare)

    const { kernel, initramfs } = await debianKernel(dir, [...MODULES, 'ext4', 'xfs'], SCRIPT)
    const drives = files.flatMap((file, index) => {
      const bytes = DISKS[index]?.sectorBytes ?? 4096
      const sectors = `logical_block_size=${bytes},physical_block_size=${bytes}`
      const drive = `if=none,id=d${index},file=${file},format=raw`
      return ['-drive', drive, '-device', `virtio-blk-pci,drive=d${index},${sectors}`]
    })
    const machine = ['-accel', 'tcg', '-m', '512', '-nographic', '-no-reboot', '-nic', 'none']
    const boot = ['-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1']
    const { stdout } = await promisify(execFile)('qemu-system-x86_64', [...machine, ...boot, ...drives], {
      timeout: DEADLINE_MS,
      maxBuffer: 1 << 24,
    })
    const said = stdout.split(/\r?\n/).map((line) => line.trim())
    const lines = (word: string): readonly string[] => said.filter((line) => line.startsWith(`${word} `))
    const names = ['BIOS-BOOT', 'EFI-SYSTEM', 'boot', 'root', 'config-2']
    assert.deepEqual(lines('part'), [
      'part vda1 root',
      'part vda2 config-2',
      'part vdb1 root',
      'part vdb2 config-2',
      'part vdc1',
      'part vdc2',
      'part vdc3',
      ...names.map((name, index) => `part vdd${index + 1} ${name}`),
    ])
    const document = JSON.stringify(CONTENT.metaData)
    // What the last disk has is the same ISO 9660 as the first: sectors of 4096 bytes keep the kernel from mounting it.
    assert.deepEqual(
      lines('drive'),
      ['vda2 iso9660', 'vdb2 vfat', 'vdc3 iso9660', 'vdd5 iso9660'].map((one) => `drive ${one} ${document}`),
    )
    assert.deepEqual(
      lines('root').map((line) => line.split(' ')[1]),
      ['vda1:ext4', 'vdb1:ext4', 'vdc1:ext4', 'vdd4:xfs'],
    )
  })
})

async function emptyFile(path: string, sizeBytes: number): Promise<string> {
  await writeFile(path, '')
  await truncate(path, sizeBytes)
  return path
}
