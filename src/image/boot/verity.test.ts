import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { codes, look, treeFileSystem } from '../testing/index.ts'
import type { DescribedPartition } from '../testing/index.ts'

const DATA = 'a11ea100-0000-4000-8000-000000000001'
const TREE = 'a11ea100-0000-4000-8000-000000000002'
const HASH = `${DATA}${TREE}`.replaceAll('-', '')
const ROOT_TYPE = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709'
const VERITY_TYPE = '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5'

const disk = (options: string, tree: Partial<DescribedPartition> = {}) => ({
  scheme: 'gpt' as const,
  partitions: [
    {
      type: ROOT_TYPE,
      partUuid: DATA,
      fileSystem: treeFileSystem({
        '/etc/os-release': 'ID=x\n',
        '/boot/k': 'k',
        '/boot/i': 'i',
        '/boot/loader/entries/a.conf': `title A\nlinux /boot/k\ninitrd /boot/i\noptions ${options}\n`,
      }),
    },
    { unreadable: 'DM_verity_hash', type: VERITY_TYPE, partUuid: TREE, ...tree },
  ],
})

suite('dm-verity', () => {
  test('the hash tree of a root is found, and no root= is made that would go around it', async () => {
    const { contract } = await look(disk(`roothash=${HASH} quiet`))
    assert.equal(contract.commandLine, `roothash=${HASH} quiet`)
    const [checked] = contract.findings.filter(({ code }) => code === 'VERITY_CHECKED')
    assert.deepEqual([checked?.severity, checked?.evidence], ['info', 'hash tree in p2'])
    assert.ok(!codes(contract).includes('VERITY_PARTITION_MISSING'))
  })

  test('a hash that is asked for gets no root= beside it either', async () => {
    const { contract } = await look(disk('quiet'), { kargs: [`roothash=${HASH}`] })
    assert.equal(contract.commandLine, `quiet roothash=${HASH}`)
  })

  test('a hash that stands for partitions that are not there does not boot', async () => {
    const { contract } = await look(
      disk(`roothash=${HASH}`, { partUuid: '066c9073-0000-4000-8000-000000000009' }),
    )
    assert.ok(codes(contract).includes('VERITY_PARTITION_MISSING'))
  })

  test('partitions that arguments name need no PARTUUID of the hash', async () => {
    const named = `roothash=${'ab'.repeat(32)} systemd.verity_root_data=/dev/vda1 systemd.verity_root_hash=/dev/vda2`
    const { contract } = await look(disk(named))
    assert.ok(codes(contract).includes('VERITY_CHECKED'))
    assert.ok(!codes(contract).includes('VERITY_PARTITION_MISSING'))
  })

  test('without such arguments there is no finding, and root= is made', async () => {
    const { contract } = await look(disk('quiet'))
    assert.match(contract.commandLine, /^root=/)
    assert.ok(!codes(contract).some((code) => code.startsWith('VERITY')))
  })
})
