import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError, parseKernelCommandLine } from '../../core/index.ts'
import type { Finding, KernelArgument } from '../../core/index.ts'
import {
  aboutSpelling,
  devicesIn,
  devicesOfArgument,
  matchReference,
  namedBy,
  openBootFile,
  parseCrypttab,
  parseFstab,
} from '../boot/index.ts'
import type { BootContract } from '../boot/index.ts'
import { finderOf, readInitramfs } from '../initramfs/index.ts'
import type { Initramfs, InitramfsText, Unpack } from '../initramfs/index.ts'
import { namedSubvolume } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import type { Base } from './base.ts'
import { placeOfDevice } from './device-place.ts'
import { finding } from './findings.ts'

/** One that names more is made to cause harm, or every line says the same. */
const MOST_FINDINGS = 16

/**
 * What the initrds of a contract say about devices: those that are not where the base is written, and whether `root=` is spelled
 * so that they find it. An initrd that is packed in an unknown way tells nothing; a damaged one is a finding.
 */
export async function initrdReferences(
  disk: StackNode,
  base: Base,
  contract: BootContract,
  unpack: Unpack,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const { initrds } = contract
  if (initrds.length === 0) return []
  const subject = initrds.map(({ address, path }) => `${address}:${path}`).join(', ')
  let initramfs: Initramfs
  try {
    const sources: ByteSource[] = []
    for (const file of initrds) sources.push(await openBootFile(disk, file, signal ? { signal } : {}))
    initramfs = await readInitramfs(sources, unpack, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isAnnealError(error)) throw error
    return [finding('INITRD_UNREADABLE', subject, error.message)]
  }
  const told = [
    ...initramfs.texts.flatMap((text) => inText(disk, base, contract, text)),
    ...initramfs.awaits.flatMap(({ name, device }) => tell(disk, base, name, [device])),
  ]
  const unique = [...new Map(told.map((one) => [one.device, one])).values()].slice(0, MOST_FINDINGS)
  return [
    ...aboutSpelling(disk, contract.arguments, finderOf(initramfs)),
    ...unique.map(({ name, why }) => finding('INITRD_REFERENCE', `${subject}:${name}`, why)),
  ]
}

type Told = Readonly<{ name: string; device: string; why: string }>

function tell(disk: StackNode, base: Base, name: string, devices: readonly string[]): readonly Told[] {
  return devices.flatMap((device) => {
    const why = whyNot(disk, base, device)
    return why === undefined ? [] : [{ name, device, why }]
  })
}

function whyNot(disk: StackNode, base: Base, device: string): string | undefined {
  const place = placeOfDevice(disk, base, device)
  switch (place.at) {
    case 'left behind':
      return `it names ${device}, which is ${place.what} and not in the base`
    case 'unknown':
      return `it names ${device}, and nothing in the image is that`
    case 'renamed':
      return `it names ${device}, which is called otherwise where the base is written`
    case 'there':
      return base.node === disk && namedBy(device) === 'machine'
        ? `it names ${device}, and another machine may call it otherwise`
        : undefined
  }
}

/** Arguments of an initrd that one of the command line replaces: the last one counts. Of others all count. */
const ONCE = ['root', 'rootfstype', 'rootflags', 'resume', 'mount.usr']

function inText(
  disk: StackNode,
  base: Base,
  contract: BootContract,
  { name, text }: InitramfsText,
): readonly Told[] {
  const has = (key: string): boolean => contract.arguments.some((one) => one.key === key)
  if (/(?:^|\/)cmdline(?:\.d\/|$)/.test(name)) {
    return parseKernelCommandLine(text.replaceAll(/\s+/g, ' ')).arguments.flatMap((argument) =>
      ONCE.includes(argument.key) && has(argument.key)
        ? []
        : [
            ...tell(disk, base, name, devicesOfArgument(argument)),
            ...aboutRootMount(disk, contract, name, argument),
          ],
    )
  }
  const lines = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line))
  if (name.startsWith('conf/')) {
    return lines.flatMap((line) => {
      const [, key = '', value = ''] = /^\s*(RESUME|ROOT|resume)=["']?([^"']*)/.exec(line) ?? []
      const isReplaced = key === 'ROOT' ? has('root') : has('resume') || has('noresume')
      if (key === '' || isReplaced) return []
      return tell(disk, base, name, devicesOfArgument({ key: 'resume', value, text: `resume=${value}` }))
    })
  }
  if (name.endsWith('crypttab'))
    return tell(disk, base, name, parseCrypttab(new TextEncoder().encode(text)).map(deviceOf))
  if (/fstab(?:\.sys)?$/.test(name))
    return tell(disk, base, name, parseFstab(new TextEncoder().encode(text)).map(deviceOf))
  if (name.endsWith('mdadm.conf')) {
    return lines.flatMap((line) => {
      const [, uuid] = /^\s*ARRAY\s.*\bUUID=([0-9a-fA-F:]{32,})/i.exec(line) ?? []
      return uuid === undefined ? [] : tell(disk, base, name, [`MD=${uuid}`])
    })
  }
  if (/\.(?:mount|swap)$/.test(name))
    return tell(disk, base, name, lines.filter((line) => /^\s*What\s*=/.test(line)).flatMap(devicesIn))
  return tell(disk, base, name, lines.flatMap(devicesIn))
}

function deviceOf({ device }: Readonly<{ device: string }>): string {
  return device
}

/** How one machine's root was mounted. */
function aboutRootMount(
  disk: StackNode,
  { root }: BootContract,
  name: string,
  { key, value = '', text }: KernelArgument,
): readonly Told[] {
  if (root === undefined) return []
  const isExt = (type: string): boolean => /^ext[234]$/.test(type)
  if (key === 'rootfstype' && !value.split(',').includes(root.type) && !(isExt(value) && isExt(root.type)))
    return [{ name, device: text, why: `it says ${text}, and the root is ${root.type}` }]
  if (key !== 'rootflags') return []
  const [node] = matchReference(disk, `UUID=${root.uuid}`)
  const subvolumes = node?.content.kind === 'file system' ? node.content.fileSystem.subvolumes : undefined
  const named = namedSubvolume(subvolumes ?? [], value.split(','))
  return named === undefined || named.found !== undefined
    ? []
    : [{ name, device: text, why: `it says ${text}, and the root has no such subvolume` }]
}
