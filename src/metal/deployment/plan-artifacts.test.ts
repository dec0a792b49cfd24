import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../adapters/system/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { ImageFacts } from '../image.ts'
import { sampleDisk, sampleNode, sampleTrio } from '../testing/index.ts'
import { MARK } from './instance-info.ts'
import { planDeployment } from './plan.ts'
import type { DeployWishes } from './plan.ts'
import { shownPlan } from './shown-plan.ts'

const TAG = 'oci://registry.example/metal/disk:one'
const DIGEST = `oci://registry.example/metal/disk@sha256:${'f'.repeat(64)}`
const disk = sampleDisk({
  reference: TAG,
  diskFormat: 'qcow2',
  hash: { algorithm: 'sha256', value: 'ff' },
  architectures: ['amd64'],
})
const trio = sampleTrio({ reference: TAG, kernel: `${DIGEST}1`, ramdisk: `${DIGEST}2` })

function plan(
  image: ImageFacts,
  wishes: Partial<DeployWishes> = {},
  properties: Readonly<Record<string, unknown>> = { cpu_arch: 'x86_64', local_gb: 3 },
): ReturnType<typeof shownPlan> {
  const all = { contract: [], addedArguments: [], deletedArguments: [], takesArtifacts: true, ...wishes }
  const node = sampleNode({ properties })
  return shownPlan(planDeployment(node, image, all, ['direct', 'ramdisk', 'bootc'], sha256), node)
}

function refused(code: string, why: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => isAnnealError(error, code) && why.test(error.message))
}

describe('an image of a registry', () => {
  test('that is a disk goes to Ironic by its tag, without checksum and format', () => {
    const { route, instanceInfo, image } = plan(disk)
    assert.equal(route, 'direct')
    assert.deepEqual(instanceInfo, {
      image_source: TAG,
      deploy_interface: 'direct',
      [MARK]: instanceInfo[MARK],
    })
    assert.equal(image.hash, 'sha256:ff')
  })

  test('is another deployment where its tag has moved', () => {
    const moved = { ...disk, hash: { algorithm: 'sha256', value: 'ee' } }
    assert.notEqual(plan(disk).id, plan(moved).id)
  })

  test('by digest is said to be raw, so that Ironic looks what it is', () => {
    assert.equal(plan({ ...disk, reference: DIGEST }).instanceInfo['image_disk_format'], 'raw')
  })

  test('that is a trio boots its kernel and ramdisk by digest, and its base goes on no disk', () => {
    const { route, instanceInfo } = plan(trio)
    assert.deepEqual(
      [route, instanceInfo['kernel'], instanceInfo['ramdisk']],
      ['ramdisk', trio.kernel, trio.ramdisk],
    )
    refused('METAL_NO_ROUTE', /over the whole disk/, () => plan(trio, { route: 'direct+ramdisk' }))
  })

  test('is refused by an Ironic that fetches none, and of another processor', () => {
    refused('METAL_IMAGE_NOT_READY', /release 29/, () => plan(disk, { takesArtifacts: false }))
    refused('METAL_IMAGE_NOT_READY', /is aarch64/, () => plan(disk, {}, { cpu_arch: 'aarch64' }))
    assert.equal(plan(disk, {}, {}).route, 'direct')
    const { architectures: _, ...unsaid } = disk
    assert.equal(plan(unsaid, {}, { cpu_arch: 'aarch64' }).route, 'direct')
  })

  test('that is larger than the disk of the node is refused', () => {
    const large = { ...disk, virtualSizeBytes: 8 * 1024 ** 3 }
    refused('METAL_IMAGE_NOT_READY', /needs 8.0 GiB/, () => plan(large))
  })

  test('that is a container is refused with the reason', () => {
    const { diskFormat: _, ...container } = { ...disk, containerFormat: 'bootc' }
    refused('METAL_NO_ROUTE', /in the memory of the machine/, () => plan(container))
  })
})
