import { contentTags, matchDevice } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'

/**
 * By what a device is named: by what it holds (that stays with a copy of it); by its partition (a copy lies in another one);
 * by what one machine calls it; or it is no name of a block device.
 */
export type NamedBy = 'content' | 'partition' | 'machine' | 'nothing'

export function namedBy(device: string): NamedBy {
  if (
    /^(?:UUID|LABEL|ID|LUKS|MD|LV|VG)=|^\/dev\/disk\/by-id\/(?:dm|lvm|md)-|^\/dev\/(?:disk\/by-(?:uuid|label)|mapper)\//.test(
      device,
    )
  )
    return 'content'
  if (/^(?:PARTUUID|PARTLABEL)=|^\/dev\/disk\/by-part(?:uuid|label)\//.test(device)) return 'partition'
  // systemd finds it by the type of its partition (systemd-gpt-auto-generator(8)).
  if (/^(?:\/dev\/)?gpt-auto(?:-force|-root|-root-luks)?$/.test(device)) return 'partition'
  if (device.startsWith('/dev/disk/') || NUMBER.test(device)) return 'machine'
  const [, name, inside] = /^\/dev\/([^/]+)(\/[^/]+)?$/.exec(device) ?? []
  if (name === undefined || NO_DISK.test(name)) return 'nothing'
  // What has a directory of its own are volumes: /dev/vg/lv.
  return inside === undefined ? 'machine' : 'content'
}

/** `8:1`. As one number (`0801`) it is a device only where one is expected: see `devicesOfArgument`. */
const NUMBER = /^\d+:\d+$/

/** In /dev, and no disk. */
const NO_DISK =
  /^(?:tty.*|hvc.*|null|zero|full|u?random|console|kmsg|k?mem|port|ptmx|pts|shm|rtc\d*|hwrng|watchdog\d*|kvm|fuse|net|char|input|snd|dri|zram\d+)$/

/** Names of block devices in a word of a command line or of a configuration: `resume=UUID=…`, `UUID=…=name`, `a,/dev/sda2`. */
export function devicesIn(text: string): readonly string[] {
  const found =
    text.match(
      /(?:PARTUUID|PARTLABEL|UUID|LABEL)=[^\s"',;:=\\]+|\/dev\/disk\/by-(?:path|id)\/[^\s"',;=]+|\/dev\/[^\s"',;:=]+/g,
    ) ?? []
  return found.filter((device) => namedBy(device) !== 'nothing')
}

/** The value of a tag (`UUID=…`) as blkid and udev write it for this node; undefined where the device is no tag, or it has none. */
export function exactValue(node: StackNode, device: string): string | undefined {
  const [, tag] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=/.exec(device) ?? []
  if (tag === 'PARTUUID') return node.partition?.partUuid.toLowerCase()
  if (tag === 'PARTLABEL') return node.partition?.label
  const facts = contentTags(node)
  return tag === undefined ? undefined : tag === 'UUID' ? facts?.uuid : facts?.label
}

/** A name that stays with a file system wherever a copy of it lies; undefined where it has none of its own. */
export function lastingName(disk: StackNode, node: StackNode): string | undefined {
  if (node.content.kind !== 'file system') return undefined
  const { uuid, label } = node.content.fileSystem.facts
  if (uuid !== '') return `UUID=${uuid}`
  const isPlain = /^[\w.-]+$/.test(label)
  return isPlain && matchDevice(disk, `LABEL=${label}`).length === 1 ? `LABEL=${label}` : undefined
}
