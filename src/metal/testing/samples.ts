import type { ImageFacts } from '../image.ts'
import type { MetalNode } from '../node.ts'
import type { Flavor } from '../server.ts'

/** A node that is available, with what a test says otherwise. */
export function sampleNode(more: Partial<MetalNode> = {}): MetalNode {
  return {
    uuid: '11111111-1111-4111-8111-111111111111',
    name: 'node0',
    driver: 'ipmi',
    provisionState: 'available',
    powerState: 'power off',
    maintenance: false,
    consoleEnabled: false,
    staysOn: false,
    driverInfo: {},
    properties: { local_gb: 3 },
    instanceInfo: {},
    extra: {},
    traits: [],
    ...more,
  }
}

const IMAGE = { status: 'active', visibility: 'public', minDiskGb: 0, minRamMb: 0, properties: {} } as const

/** A base with its kernel and ramdisk beside it. */
export function sampleTrio(more: Partial<ImageFacts> = {}): ImageFacts {
  return {
    ...IMAGE,
    reference: 'base-id',
    name: 'trio',
    containerFormat: 'ami',
    diskFormat: 'raw',
    sizeBytes: 64 * 1024 ** 2,
    kernel: 'kernel-id',
    ramdisk: 'ramdisk-id',
    hash: { algorithm: 'sha512', value: 'ff' },
    ...more,
  }
}

/** A disk with its own boot loader. */
export function sampleDisk(more: Partial<ImageFacts> = {}): ImageFacts {
  return {
    ...IMAGE,
    reference: 'disk-id',
    name: 'disk',
    containerFormat: 'bare',
    diskFormat: 'raw',
    sizeBytes: 64 * 1024 ** 2,
    hash: { algorithm: 'sha512', value: 'ee' },
    ...more,
  }
}

/** A flavor of bare metal, for nodes of one resource class. */
export function sampleFlavor(resource = 'CUSTOM_METAL'): Flavor {
  const zero = { 'resources:VCPU': '0', 'resources:MEMORY_MB': '0', 'resources:DISK_GB': '0' }
  return {
    id: 'flavor-id',
    name: 'metal',
    diskGb: 2,
    extraSpecs: { [`resources:${resource}`]: '1', ...zero },
  }
}
