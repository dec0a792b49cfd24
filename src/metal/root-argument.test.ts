import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rootArgument } from './root-argument.ts'

const EXAMPLES = {
  disk: [
    'root=/dev/mapper/atomicos-root',
    'root=/dev/atomicos/root',
    'root=UUID=72da3e4b-b7dc-4797-b4f8-06fb4a763c05',
    'root=LABEL=root',
    'root=block:LABEL=root',
    'root=/dev/disk/by-uuid/72da3e4b',
    'root=/dev/vda',
    'root=/dev/nvme0n1',
  ],
  partition: [
    'root=PARTUUID=066c9073-02',
    'root=PARTLABEL=root',
    'root=/dev/sda2',
    'root=/dev/disk/by-partuuid/066c9073-02',
    'root=/dev/disk/by-path/pci-0000:00:02.0-part2',
    'root=/dev/vda4',
    'root=/dev/xvda1',
    'root=/dev/nvme0n1p4',
    'root=/dev/mmcblk0p2',
  ],
  elsewhere: [
    'root=/dev/ram0',
    'root=/dev/nfs',
    'root=nfs:10.0.0.1:/export',
    'root=live:http://10.0.0.1/rootfs.img',
    'root=tmpfs',
    'root=',
  ],
} as const

describe('the root of a command line', () => {
  for (const [kind, texts] of Object.entries(EXAMPLES)) {
    for (const text of texts) {
      test(`${text} is ${kind}`, () => assert.deepEqual(rootArgument(['quiet', text, 'rw']), { kind, text }))
    }
  }

  test('is the last of several, and undefined if there is no root=', () => {
    assert.equal(rootArgument(['root=/dev/ram0', 'root=LABEL=r'])?.text, 'root=LABEL=r')
    assert.equal(rootArgument(['rootflags=x', 'quiet']), undefined)
  })
})
