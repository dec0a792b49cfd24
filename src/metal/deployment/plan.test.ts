import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../adapters/system/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { ImageFacts } from '../image.ts'
import type { MetalNode } from '../node.ts'
import { sampleDisk, sampleNode, sampleTrio } from '../testing/index.ts'
import { MARK } from './instance-info.ts'
import { planDeployment } from './plan.ts'
import type { DeployWishes } from './plan.ts'
import { shownPlan } from './shown-plan.ts'

const NOTHING: DeployWishes = { contract: [], addedArguments: [], deletedArguments: [] }
function plan(
  image: ImageFacts,
  wishes: Partial<DeployWishes> = {},
  node: MetalNode = sampleNode(),
): ReturnType<typeof shownPlan> {
  return shownPlan(
    planDeployment(node, image, { ...NOTHING, ...wishes }, ['direct', 'ramdisk'], sha256),
    node,
  )
}

function refused(code: string, why: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(isAnnealError(error, code), String(error))
    assert.match(error.message, why)
    return true
  })
}

/** As `anneal image push` makes it of a live set. */
const LIVE = sampleTrio({
  minRamMb: 502,
  properties: { anneal_holds: 'live', kernel_cmdline: 'boot=anneal rw' },
})

describe('a live image', () => {
  test('goes by ramdisk, with the command line that it was made with', () => {
    const { route, instanceInfo, notes } = plan(LIVE)
    assert.deepEqual(
      [route, instanceInfo['ramdisk_kernel_arguments'], instanceInfo['image_source'], notes],
      ['ramdisk', 'boot=anneal rw', undefined, []],
    )
  })

  test('does not go to a node that is known to have too little memory', () => {
    const node = (memory_mb: unknown): MetalNode => sampleNode({ properties: { memory_mb } })
    refused('METAL_IMAGE_NOT_READY', /needs 502 MiB of memory .* has 501/, () => plan(LIVE, {}, node('501')))
    for (const memory of ['502', undefined]) assert.equal(plan(LIVE, {}, node(memory)).route, 'ramdisk')
  })
})

describe('the route of an image', () => {
  test('with kernel and ramdisk is ramdisk, and says why it is not direct', () => {
    const { route, instanceInfo, refusedRoutes } = plan(sampleTrio())
    assert.equal(route, 'ramdisk')
    assert.equal(instanceInfo['kernel'], 'kernel-id')
    assert.equal(instanceInfo['deploy_interface'], 'ramdisk')
    assert.match(refusedRoutes[0]?.why ?? '', /LVM/)
  })

  test('that is a whole disk is direct', () => {
    const { route, instanceInfo } = plan(sampleDisk())
    assert.equal(route, 'direct')
    assert.deepEqual(instanceInfo, {
      image_source: 'disk-id',
      deploy_interface: 'direct',
      [MARK]: instanceInfo[MARK],
    })
  })

  test('by URL has its checksum said, as nobody else knows it', () => {
    const { instanceInfo } = plan(sampleDisk({ reference: 'http://web/disk.raw' }))
    assert.equal(instanceInfo['image_os_hash_value'], 'ee')
    assert.equal(instanceInfo['image_type'], 'whole-disk')
  })

  const impossible: readonly (readonly [string, ImageFacts, Partial<DeployWishes>, RegExp])[] = [
    ['a trio by direct', sampleTrio(), { route: 'direct' }, /knows neither LVM/],
    ['a live image by direct+ramdisk', LIVE, { route: 'direct+ramdisk' }, /no base to write/],
    ['a whole disk by ramdisk', sampleDisk(), { route: 'ramdisk' }, /kernel_id and ramdisk_id/],
    ['a kernel', sampleTrio({ containerFormat: 'aki', diskFormat: 'aki' }), {}, /itself a kernel/],
    ['a ramdisk', sampleTrio({ containerFormat: 'ari', diskFormat: 'ari' }), {}, /itself a ramdisk/],
    ['an ISO', sampleDisk({ diskFormat: 'iso' }), {}, /virtual media/],
    ['another format', sampleDisk({ diskFormat: 'vmdk' }), {}, /vmdk is neither/],
    ['a trio with a config drive', sampleTrio(), { configDrive: { metaData: {} } }, /no config drive/],
    ['a whole disk with other arguments', sampleDisk(), { addedArguments: ['a=b'] }, /its own boot entries/],
    [
      'a partition by itself',
      sampleDisk({ properties: { img_type: 'partition' } }),
      {},
      /without its kernel/,
    ],
  ]
  for (const [what, image, wishes, why] of impossible) {
    test(`of ${what} is refused`, () => refused('METAL_NO_ROUTE', why, () => plan(image, wishes)))
  }

  test('that the driver does not offer is refused', () => {
    refused('METAL_NO_ROUTE', /not enabled \(it has direct\)/, () =>
      planDeployment(sampleNode(), sampleTrio(), NOTHING, ['direct'], sha256),
    )
  })
})

describe('a trio whose root is on a disk', () => {
  const trio = sampleTrio({
    sizeBytes: 1024 ** 3,
    properties: { kernel_cmdline: 'root=/dev/mapper/atomicos-root rd.lvm.lv=atomicos/root' },
  })

  test('has its base written first, then boots kernel and ramdisk, and it says why', () => {
    const { route, why, instanceInfo, bootInfo, refusedRoutes, id } = plan(trio)
    assert.equal(route, 'direct+ramdisk')
    assert.match(why, /partitions the disk .* writes the base into it, then/)
    assert.deepEqual(instanceInfo, {
      image_source: 'base-id',
      image_type: 'partition',
      root_gb: 1,
      kernel_append_params: '%default% ipa-ignore-bootloader-failure=1',
      deploy_interface: 'direct',
      [MARK]: id,
    })
    // No image_source: of an image of Glance Ironic takes kernel and ramdisk away when it rebuilds.
    assert.deepEqual(bootInfo, {
      deploy_interface: 'ramdisk',
      kernel: 'kernel-id',
      ramdisk: 'ramdisk-id',
      ramdisk_kernel_arguments: 'root=/dev/mapper/atomicos-root rd.lvm.lv=atomicos/root',
      [MARK]: id,
    })
    assert.match(refusedRoutes.find((one) => one.route === 'ramdisk')?.why ?? '', /this way writes none/)
  })

  test('of which the disk holds the base already boots by ramdisk if the flags say so', () => {
    const { route, bootInfo } = plan(trio, { route: 'ramdisk' })
    assert.deepEqual([route, bootInfo], ['ramdisk', undefined])
  })

  test('gets no id that another base, kernel or argument has', () => {
    const ids = [
      plan(trio).id,
      plan(trio, { route: 'ramdisk' }).id,
      plan(trio, { addedArguments: ['quiet'] }).id,
      plan({ ...trio, kernel: 'other' }).id,
      plan({ ...trio, reference: 'other' }).id,
    ]
    assert.equal(new Set(ids).size, ids.length)
  })

  test('by URL has its checksum said, and no kernel while the base is written', () => {
    const url = 'http://web/base.raw'
    const { instanceInfo } = plan({ ...trio, reference: url })
    assert.deepEqual([instanceInfo['image_os_hash_value'], instanceInfo['kernel']], ['ff', undefined])
  })

  test('gets a partition of whole GiB, and is refused where the disk has no room for that', () => {
    const sized = (gib: number) => ({ ...trio, sizeBytes: gib * 1024 ** 3 })
    assert.equal(plan(sized(2.1)).instanceInfo['root_gb'], 3)
    refused('METAL_IMAGE_NOT_READY', /3\.1 GiB.*has 3/, () => plan(sized(3.1)))
  })

  test('of unknown size gets the disk, and is refused where that is not known either', () => {
    const { sizeBytes: _, ...unknown } = trio
    assert.equal(plan(unknown).instanceInfo['root_gb'], 3)
    refused('METAL_IMAGE_NOT_READY', /how large/, () => plan(unknown, {}, sampleNode({ properties: {} })))
  })

  test('leaves the node’s own arguments for the agent as they are, and adds to them', () => {
    const node = sampleNode({ driverInfo: { kernel_append_params: 'quiet' }, properties: { local_gb: 3 } })
    const { instanceInfo } = plan(trio, {}, node)
    assert.equal(instanceInfo['kernel_append_params'], 'quiet ipa-ignore-bootloader-failure=1')
  })

  test('gets its config drive into another partition of the disk', () => {
    assert.match(plan(trio, { configDrive: { metaData: {} } }).configDrive ?? '', /^sha256:/)
  })

  const asked = { route: 'direct+ramdisk' } as const
  const root = (text: string) => ({ addedArguments: [text] })
  const impossible: readonly (readonly [string, ImageFacts, Partial<DeployWishes>, RegExp])[] = [
    ['of disk format ami', { ...trio, diskFormat: 'ami' }, asked, /disk format is ami/],
    ['without a base', { ...trio, reference: 'kernel-id' }, asked, /no base to write/],
    [
      'whose root is in a partition',
      trio,
      root('root=PARTUUID=1-02'),
      /in a partition \(root=PARTUUID=1-02\)/,
    ],
  ]
  for (const [what, image, wishes, why] of impossible) {
    test(`${what} is not deployed so`, () => refused('METAL_NO_ROUTE', why, () => plan(image, wishes)))
  }

  test('is not deployed on a machine that may not be switched off', () => {
    refused('METAL_NO_ROUTE', /disable_power_off/, () =>
      planDeployment(
        sampleNode({ staysOn: true }),
        sampleTrio({ properties: { kernel_cmdline: 'root=LABEL=r' } }),
        { contract: [], addedArguments: [], deletedArguments: [] },
        ['direct', 'ramdisk'],
        sha256,
      ),
    )
  })

  test('whose driver is not shown is planned anyway, and Ironic is asked about its boot first', () => {
    const found = planDeployment(
      sampleNode(),
      sampleTrio({ properties: { kernel_cmdline: 'root=LABEL=r' } }),
      { contract: [], addedArguments: [], deletedArguments: [] },
      undefined,
      sha256,
    )
    assert.deepEqual([found.route, found.checksBootFirst], ['direct+ramdisk', true])
    assert.match(found.notes.join(), /system scope/)
  })

  test('is not deployed where direct is not enabled, rather than booted without its root', () => {
    refused('METAL_NO_ROUTE', /direct not enabled/, () =>
      planDeployment(sampleNode(), trio, NOTHING, ['ramdisk'], sha256),
    )
  })

  test('is another thing than one whose root is in memory or on the network', () => {
    for (const text of ['root=/dev/ram0', 'root=live:http://w/r.img', 'root=/dev/nfs']) {
      assert.equal(plan(trio, root(text)).route, 'ramdisk', text)
    }
  })
})

describe('an image', () => {
  test('without its data is refused', () => {
    refused('METAL_IMAGE_NOT_READY', /status "queued"/, () => plan(sampleTrio({ status: 'queued' })))
  })

  test('larger than the disk is refused, and one that just fits is not', () => {
    const sized = (gib: number) => sampleDisk({ sizeBytes: gib * 1024 ** 3 })
    refused('METAL_IMAGE_NOT_READY', /5\.0 GiB.*has 3/, () => plan(sized(5)))
    assert.equal(plan(sized(4)).route, 'direct')
  })
})

describe('kernel arguments', () => {
  const CMDLINE = 'console=ttyS0 root=/dev/mapper/atomicos-root ostree=/ostree/boot.0/a/b/0'
  const trio = sampleTrio({ properties: { kernel_cmdline: CMDLINE } })

  test('come from the image’s property, and go where only the machine’s own boot sees them', () => {
    const { instanceInfo } = plan(trio, { route: 'ramdisk' })
    assert.equal(instanceInfo['ramdisk_kernel_arguments'], CMDLINE)
    assert.equal(instanceInfo['kernel_append_params'], undefined)
  })

  test('keep the origin that the boot contract knows', () => {
    const contract = [
      { text: 'console=ttyS0', origin: 'boot entry ostree-1.conf' },
      { text: 'quiet', origin: 'boot entry ostree-1.conf' },
    ]
    assert.deepEqual(
      plan(trio, { contract }).arguments.map((one) => one.origin),
      ['boot entry ostree-1.conf', 'image property kernel_cmdline', 'image property kernel_cmdline'],
    )
    assert.equal(
      plan(sampleTrio(), { contract }).instanceInfo['ramdisk_kernel_arguments'],
      'console=ttyS0 quiet',
    )
  })

  test('are taken away and added for one deployment, and it shows which', () => {
    const {
      instanceInfo,
      arguments: merged,
      removedArguments,
    } = plan(trio, {
      route: 'ramdisk',
      deletedArguments: ['ostree'],
      addedArguments: ['root=LABEL=r'],
    })
    assert.equal(instanceInfo['ramdisk_kernel_arguments'], 'console=ttyS0 root=LABEL=r')
    assert.equal(merged.at(-1)?.origin, '--karg')
    assert.deepEqual(
      removedArguments.map((one) => one.text),
      ['ostree=/ostree/boot.0/a/b/0', 'root=/dev/mapper/atomicos-root'],
    )
  })

  test('are held to the rules of the Ironic that is asked', () => {
    const told = sampleTrio({ properties: { kernel_cmdline: 'root=LABEL=r -- say "a"' } })
    const held = (argumentRules: 'upTo29' | 'from35') => plan(told, { route: 'ramdisk', argumentRules })
    assert.equal(held('upTo29').instanceInfo['ramdisk_kernel_arguments'], 'root=LABEL=r -- say "a"')
    refused('KERNEL_ARGUMENTS_REFUSED', /quote/, () => held('from35'))
  })

  test('that Ironic’s own parser would not take are refused', () => {
    for (const bad of ['foo=', '$ignition_firstboot', 'a=é', 'a="b"c']) {
      refused('KERNEL_ARGUMENTS_REFUSED', /.+/, () => plan(trio, { addedArguments: [bad] }))
    }
  })

  test('that are no single argument, or not there to be taken away, are refused', () => {
    refused('KERNEL_ARGUMENT_MALFORMED', /.+/, () => plan(trio, { addedArguments: ['a b'] }))
    refused('KERNEL_ARGUMENT_ABSENT', /.+/, () => plan(trio, { deletedArguments: ['nosuch'] }))
  })

  test('longer than a kernel takes are refused', () => {
    refused('KERNEL_ARGUMENTS_REFUSED', /1800/, () =>
      plan(trio, { addedArguments: [`a=${'x'.repeat(2000)}`] }),
    )
  })

  test('without a root file system are reported', () => {
    assert.match(plan(sampleTrio()).notes[0] ?? '', /root=/)
    assert.deepEqual(plan(trio).notes, [])
  })

  test('of a whole disk are not used, and a note says so', () => {
    const image = sampleDisk({ properties: { kernel_cmdline: CMDLINE } })
    assert.match(plan(image).notes[0] ?? '', /not used/)
  })
})

describe('the id of a deployment', () => {
  test('is the same for the same image, arguments and drive, and else another', () => {
    const same = plan(sampleDisk())
    assert.equal(plan(sampleDisk()).id, same.id)
    const of = (image: ImageFacts, wishes: Partial<DeployWishes> = {}): string => plan(image, wishes).id
    assert.notEqual(of(sampleTrio()), of(sampleTrio({ kernel: 'other' })))
    assert.notEqual(of(sampleTrio()), of(sampleTrio(), { addedArguments: ['a=b'] }))
  })

  test('goes with the content of the drive, which itself is nowhere in the plan', () => {
    const made = plan(sampleDisk(), { configDrive: { metaData: {}, userData: 'password: hunter22' } })
    assert.notEqual(made.configDrive, undefined)
    assert.doesNotMatch(JSON.stringify(made), /hunter22/)
  })
})
