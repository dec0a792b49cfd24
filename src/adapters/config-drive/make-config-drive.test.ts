import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { readFile } from '../../formats/filesystem/index.ts'
import { walkPath } from '../../formats/filesystem/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import { openFat } from '../../formats/fat/index.ts'
import { openIso9660 } from '../../formats/iso9660/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { makeConfigDrive } from './index.ts'

const CONTENT = {
  metaData: { uuid: 'a', hostname: 'grün' },
  userData: '#cloud-config\npassword: secret\n',
  networkData: { links: [] },
}
const isThere = (program: string): boolean => spawnSync('which', [program]).status === 0
const missing = ['genisoimage', 'mkfs.fat', 'mcopy'].filter((one) => !isThere(one))

describe('a config drive', { skip: missing.length > 0 && `needs ${missing.join(', ')}` }, () => {
  for (const [sectorBytes, open] of [
    [512, openIso9660],
    [4096, openFat],
  ] as const satisfies readonly (readonly [number, (source: ByteSource) => Promise<FileSystem>])[]) {
    it(`has OpenStack’s documents, for sectors of ${sectorBytes} bytes`, async () => {
      const fileSystem: FileSystem = await open(await makeConfigDrive(CONTENT, sectorBytes))
      assert.equal(fileSystem.facts.label, 'config-2')
      const read = async (name: string): Promise<string> => {
        const path = `/openstack/latest/${name}`
        const { id } = await walkPath(fileSystem, path, { lastLink: 'follow' })
        return new TextDecoder().decode(await readFile(fileSystem, id, { path, limitBytes: 10_000 }))
      }
      assert.deepEqual(JSON.parse(await read('meta_data.json')), CONTENT.metaData)
      assert.deepEqual(JSON.parse(await read('network_data.json')), CONTENT.networkData)
      assert.equal(await read('user_data'), CONTENT.userData)
    })
  }

  it('leaves nothing behind, also where it fails', async () => {
    const left = (): readonly string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith('anneal-config-drive-'))
    const before = left()
    await makeConfigDrive(CONTENT, 512)
    await assert.rejects(makeConfigDrive(CONTENT, 512, AbortSignal.abort()))
    await assert.rejects(makeConfigDrive({ metaData: {}, userData: new Uint8Array(65 << 20) }, 512), {
      code: 'CONFIG_DRIVE_TOO_LARGE',
    })
    assert.deepEqual(left(), before)
  })
})
