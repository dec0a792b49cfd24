import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../adapters/system/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { ImageFacts } from '../image.ts'
import type { MetalNode } from '../node.ts'
import { sampleDisk, sampleFlavor, sampleNode, sampleTrio } from '../testing/index.ts'
import { planServer } from './plan-server.ts'
import type { ServerWishes } from './plan-server.ts'

function plan(
  more: Readonly<{ node?: Partial<MetalNode>; image?: ImageFacts; wishes?: Partial<ServerWishes> }> = {},
) {
  const wishes = { flavor: sampleFlavor(), networks: 'auto', drive: { sshKeys: [] }, beyondNova: [] } as const
  return planServer(
    sampleNode({ resourceClass: 'bare.metal-1', ...more.node }),
    more.image ?? sampleDisk(),
    { ...wishes, flavor: sampleFlavor('CUSTOM_BARE_METAL_1'), ...more.wishes },
    sha256,
  )
}

describe('a plan through Nova', () => {
  test('names flavor, networks and key, and no secret', () => {
    const drive = { sshKeys: ['ssh-ed25519 AAAA me'], userData: 'hunter22', hostname: 'h' }
    const { server, configDrive, id } = plan({ wishes: { drive } })
    assert.equal(server?.name, 'h')
    assert.equal(server?.configDrive, 'wanted')
    assert.match(server?.key?.name ?? '', /^anneal-[0-9a-f]{16}$/)
    assert.match(configDrive ?? '', /^sha256:/)
    assert.doesNotMatch(JSON.stringify(server), /hunter22/)
    assert.notEqual(id, plan().id)
    assert.equal(plan().id, plan().id)
    assert.equal(plan().server?.configDrive, 'notWanted')
  })

  const refusals: readonly Readonly<[string, Parameters<typeof plan>[0], RegExp]>[] = [
    ['a trio', { image: sampleTrio() }, /one partition/],
    ['an image by URL', { image: sampleDisk({ reference: 'http://web/disk.raw' }) }, /from Glance only/],
    ['an image of a registry', { image: sampleDisk({ reference: 'oci://h/n:t' }) }, /images of Glance alone/],
    ['a node of another deploy interface', { node: { deployInterface: 'ramdisk' } }, /"ramdisk"/],
    [
      'a flavor of another class',
      { wishes: { flavor: sampleFlavor('CUSTOM_OTHER') } },
      /CUSTOM_BARE_METAL_1=1/,
    ],
    [
      'a flavor that asks for processors',
      { wishes: { flavor: { ...sampleFlavor(), extraSpecs: { 'resources:CUSTOM_BARE_METAL_1': '1' } } } },
      /VCPU and MEMORY_MB and DISK_GB/,
    ],
    ['kernel arguments', { wishes: { beyondNova: ['--karg'] } }, /--karg/],
    ['network data', { wishes: { drive: { sshKeys: [], networkData: {} } } }, /Neutron/],
    [
      'a key for a server without network',
      { wishes: { networks: 'none', keyName: 'k' } },
      /config drive for a server without a network/,
    ],
    ['two keys', { wishes: { keyName: 'k', drive: { sshKeys: ['ssh-ed25519 AAAA me'] } } }, /one key pair/],
  ]
  for (const [what, given, words] of refusals) {
    test(`refuses ${what} with a remedy`, () => {
      assert.throws(
        () => plan(given),
        (error) => {
          assert.ok(isAnnealError(error, 'METAL_NOVA_CANNOT'), String(error))
          assert.match(error.message, words)
          assert.notEqual(error.remedy, '')
          return true
        },
      )
    })
  }

  test('refuses a node without resource class, which no flavor finds', () => {
    const wishes = {
      flavor: sampleFlavor(),
      networks: 'none',
      drive: { sshKeys: [] },
      beyondNova: [],
    } as const
    assert.throws(
      () => planServer(sampleNode(), sampleDisk(), wishes, sha256),
      (error) => isAnnealError(error, 'METAL_NOVA_CANNOT'),
    )
  })

  test('refuses an image without data, and one that is larger than the disk', () => {
    for (const image of [sampleDisk({ status: 'queued' }), sampleDisk({ minDiskGb: 100 })]) {
      assert.throws(
        () => plan({ image }),
        (error) => isAnnealError(error, 'METAL_IMAGE_NOT_READY'),
      )
    }
  })
})
