import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grubProgram } from '../../../../test/fixtures/grub-program.ts'
import { writeTar } from '../../../../test/fixtures/tar-writer.ts'
import { look, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, DescribedPartition } from '../../testing/index.ts'

const [A, B] = ['7130c94a-213a-4e5a-8e26-6cce9662f132', 'e03dd35c-7c2d-4a47-b3fe-27f15780a57c']
const USR = { type: '5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6' }
/** In the words of Flatcar's build_library/grub.cfg and grub_install.sh. */
const EARLY = 'search.fs_uuid AAAA-1111 root hd0,gpt1\nset prefix=(memdisk)\n'
const MENU = `set prefix=($root)/flatcar/grub
search --no-floppy --set oem --part-label OEM --hint "$root"
if [ -n "$oem" -a -f "($oem)/grub.cfg" ]; then
  source "($oem)/grub.cfg"
fi
search --no-floppy --set guid --disk-uuid 066c9073
function gptprio {
  gptprio.next -d usr_device -u usr_uuid
  if [ $? -ne 0 -o -z "$usr_uuid" ]; then
    read anything
    exit
  fi
  set kernel=/flatcar/vmlinuz-b
  if [ "$usr_uuid" = "${A}" ]; then set kernel=/flatcar/vmlinuz-a; fi
}
menuentry Default --id=flatcar {
  gptprio
  linux $kernel usr=$usr_device,$usr_uuid root=LABEL=ROOT oem=$oem_id guid=$guid
}
`

type Slot = Readonly<{ priority: number; tries?: number; booted?: boolean }>

const attributes = ({ priority, tries = 0, booted = false }: Slot): number =>
  priority | (tries << 4) | (booted ? 256 : 0)

function flatcar(a: Slot, b: Slot, usr: DescribedPartition['type'] = USR.type): DescribedDisk {
  const program = grubProgram({
    prefix: '',
    configuration: EARLY,
    memdisk: writeTar([{ path: 'grub.cfg', content: MENU }]),
    modules: [
      'fat',
      'gptprio',
      'memdisk',
      'normal',
      'part_gpt',
      'search',
      'search_part_label',
      'tar',
      'ext2',
    ],
  })
  const esp = { '/EFI/boot/bootx64.efi': program, '/flatcar/vmlinuz-a': 'a', '/flatcar/vmlinuz-b': 'b' }
  return {
    scheme: 'gpt',
    partitions: [
      {
        type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        fileSystem: treeFileSystem(esp, { type: 'vfat', uuid: 'AAAA-1111' }),
      },
      { nothing: true, ...(usr !== undefined && { type: usr }), partUuid: A, typeAttributes: attributes(a) },
      { nothing: true, ...USR, partUuid: B, typeAttributes: attributes(b) },
      {
        label: 'OEM',
        fileSystem: treeFileSystem({ '/grub.cfg': 'set oem_id=openstack\n' }, { type: 'ext4' }),
      },
      { label: 'ROOT', fileSystem: treeFileSystem({ '/x': '' }, { type: 'ext4', label: 'ROOT' }) },
    ],
  }
}

const booted = async (a: Slot, b: Slot, usr?: string): Promise<string> => {
  const { contract } = await look(flatcar(a, b, usr))
  return `${contract.kernel.path} ${contract.commandLine}`
}
const rest = 'root=LABEL=ROOT oem=openstack guid=hd0'

describe('the GRUB of Flatcar', () => {
  test('keeps what the configuration inside it sets, and finds partitions by their label', async () => {
    const told = await booted({ priority: 1, booted: true }, { priority: 0 })
    assert.equal(told, `/flatcar/vmlinuz-a usr=hd0,gpt2,${A} ${rest}`)
  })

  test('takes the partition with the highest priority that booted or has tries left', async () => {
    const isB: readonly (readonly [Slot, Slot])[] = [
      [
        { priority: 1, booted: true },
        { priority: 2, tries: 1 },
      ],
      [{ priority: 15 }, { priority: 1, booted: true }],
      [
        { priority: 3, booted: true },
        { priority: 15, tries: 15 },
      ],
    ]
    for (const [a, b] of isB) assert.equal(await booted(a, b), `/flatcar/vmlinuz-b usr=hd0,gpt3,${B} ${rest}`)
    const both = { priority: 1, booted: true }
    assert.match(await booted(both, both), /vmlinuz-a/)
    assert.match(await booted(both, { priority: 2 }), /vmlinuz-a/)
    // A partition of another type is none of them.
    assert.match(
      await booted({ priority: 9, booted: true }, both, '0fc63daf-8483-4772-8e79-3d69d8477de4'),
      /vmlinuz-b/,
    )
  })

  test('boots nothing where none is left', async () => {
    await assert.rejects(booted({ priority: 1 }, { priority: 0, tries: 3 }))
  })
})
