import type { Finding, KernelArgument } from '../../core/index.ts'
import { mapperPath, matchDevice, unreadableOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import type { RootVolume } from './contract.ts'
import { finding } from './findings.ts'

/** Where `root=` names nothing of the image, or what another machine calls otherwise. */
export function aboutRoot(
  disk: StackNode,
  all: readonly KernelArgument[],
  root: RootVolume | undefined,
): readonly Finding[] {
  const device = all.findLast(({ key }) => key === 'root')
  if (device?.value === undefined) return []
  const found = matchDevice(disk, device.value)
  const encrypted = found.length === 0 ? encryptedFor(disk, device.value) : undefined
  if (encrypted !== undefined) {
    const where = `the initrd opens ${encrypted.address} (crypto_LUKS) and finds the root in it`
    return [finding('ROOT_ENCRYPTED', device.text, where)]
  }
  if (found.length === 0) {
    if (root !== undefined && device.value.startsWith('gpt-auto')) return []
    const other = root === undefined ? '' : `; the image’s root is ${root.address}`
    return [finding('ROOT_NOT_IN_IMAGE', device.text, `no part of the image is called so${other}`)]
  }
  const isStable = found.some((node) => node.role === 'logical volume' || mapperPath(node) === device.value)
  if (!device.value.startsWith('/dev/') || device.value.startsWith('/dev/disk/') || isStable) return []
  return [finding('ROOT_BY_DEVICE_NAME', device.text, `here it is ${found[0]?.address}`)]
}

/** The encrypted part that a device of the mapper can be in: nobody sees its name from outside. */
function encryptedFor(disk: StackNode, device: string): StackNode | undefined {
  if (!device.startsWith('/dev/mapper/')) return undefined
  const all = unreadableOf(disk).filter(({ content }) => content.type === 'crypto_LUKS')
  return all.find(({ content }) => device.includes(content.uuid)) ?? all[0]
}
