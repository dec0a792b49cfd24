import type { KernelArgument } from '../../core/index.ts'
import { deviceNumber, matchDevice, nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { devicesIn } from './device-names.ts'

/**
 * Devices that an argument names. What has a notation of its own is written as a tag: `LUKS=` and part of a UUID, `MD=` and the
 * UUID of an array, `LV=` and `VG=`. Sources: dracut.cmdline(7), systemd-cryptsetup-generator(8), kernel-command-line(7).
 */
export function devicesOfArgument({ key, value, text }: KernelArgument): readonly string[] {
  if (value === undefined || value === '') return []
  switch (key.replaceAll('-', '_')) {
    case 'rd.lvm.lv':
    case 'rd_LVM_LV':
      return [`LV=${value}`]
    case 'rd.lvm.vg':
    case 'rd_LVM_VG':
      return [`VG=${value}`]
    case 'rd.md.uuid':
    case 'rd_MD_UUID':
      return [`MD=${value}`]
    case 'rd.luks.uuid':
    case 'luks.uuid':
    case 'rd_LUKS_UUID':
      return [`LUKS=${value.replace(/^(?:keysource:)?(?:luks-)?/, '')}`]
    case 'rd.luks.partuuid':
    case 'rd_LUKS_PARTUUID':
      return [`PARTUUID=${value.replace(/^(?:keysource:)?(?:luks-)?/, '')}`]
    case 'rd.luks.name':
    case 'luks.name':
    case 'rd.luks.options':
    case 'luks.options':
    case 'rd.luks.key':
    case 'luks.key':
    case 'rd.luks.data':
    case 'luks.data':
      return [...luksOf(value), ...devicesIn(value.replace(/^[0-9a-fA-F-]{36}=/, ''))]
    case 'root':
    case 'resume':
    case 'real_root':
    case 'mount.usr':
      return oneDevice(value) ?? devicesIn(text)
    default:
      return devicesIn(text)
  }
}

/** `UUID=name`, `UUID=/path`, `UUID=option,option`: without `UUID=` in front. */
function luksOf(value: string): readonly string[] {
  const [, uuid] =
    /^(?:luks-)?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:=|$)/.exec(value) ?? []
  return uuid === undefined ? [] : [`LUKS=${uuid}`]
}

/** A label may have spaces and commas; a number is one only where a device is expected. */
function oneDevice(value: string): readonly string[] | undefined {
  if (/^(?:UUID|LABEL|PARTUUID|PARTLABEL)=/.test(value)) return [value]
  const number = deviceNumber(value)
  return number && [`${number.major}:${number.minor}`]
}

/** As `matchDevice`, with the tags of `devicesOfArgument`. */
export function matchReference(disk: StackNode, device: string): readonly StackNode[] {
  const [, tag, value = ''] = /^(LUKS|MD|LV|VG)=(.*)$/s.exec(device) ?? []
  const nodes = nodesOf(disk)
  switch (tag) {
    case undefined:
      return matchDevice(disk, device)
    case 'LV':
      return nodes.filter(({ role, address }) => role === 'logical volume' && address === value)
    case 'VG':
      return nodes.filter(({ role, address }) => role === 'logical volume' && address.startsWith(`${value}/`))
    case 'MD':
      return nodes.filter((node) => hex(memberUuid(node)) === hex(value))
    default:
      // udev rules of dracut look for the text anywhere in the UUID.
      return nodes.filter((node) => unreadableUuid(node, 'crypto_LUKS')?.includes(value.toLowerCase()))
  }
}

/** Of the array that it is a member of, read or not. */
function memberUuid(node: StackNode): string | undefined {
  const { content } = node
  return content.kind === 'mirror member' ? content.uuid : unreadableUuid(node, 'linux_raid_member')
}

function unreadableUuid({ content }: StackNode, type: string): string | undefined {
  return content.kind === 'unreadable' && content.type === type && content.uuid !== ''
    ? content.uuid.toLowerCase()
    : undefined
}

/** mdadm writes a UUID with colons, blkid with dashes. */
function hex(uuid: string | undefined): string | undefined {
  return uuid?.toLowerCase().replaceAll(/[^0-9a-f]/g, '')
}
