import { createHash } from 'node:crypto'

/** Where a host keeps the guest's kernel and initramfs, and each guest its own directory, as Nova lays it out. */
export const GUEST_KERNEL_DIRECTORY = '/var/lib/nova/guest'

export function instanceDirectory(name: string): string {
  return `/var/lib/nova/instances/${name}`
}

export type GuestSpec = Readonly<{
  name: string
  /**
   * `kernel` (default): a Debian kernel, with a shell on its console. `sector`: a boot sector on a virtio disk, for hosts
   * that are emulated themselves; it ticks alone.
   */
  boots?: 'kernel' | 'sector'
  memoryMiB?: number
  /** Milliseconds between two ticks; at most 54 of a boot sector. */
  tickMs?: number
  /**
   * What ttyS0 is. `file`: a serial port of type file. `logd`: the form Nova writes, a pty with a log file beside it.
   * Whether QEMU or virtlogd does the writing is not said here but by `stdio_handler` of the libvirt that starts it.
   */
  console?: 'file' | 'logd'
  /** A network card on the host's bridge, which answers pings, and a disk that is written to all the time. */
  life?: GuestLife
  /** libvirt machine type; `pc` means the newest i440fx of the QEMU that starts it. */
  machine?: string
  /** As libvirt's container has it. */
  emulator?: string
  /** Of the user whom libvirt gives QEMU; libvirt-qemu of the images where absent. */
  uid?: number
}>

export type GuestLife = Readonly<{
  /** The guest's own IPv4 address, a /24. */
  address: string
  /** A bridge of the host. */
  bridge: string
  /** Of a bridge of Open vSwitch: the id of the Neutron port that the guest's is. Absent for a bridge of the kernel's. */
  neutronPort?: string
  /** Milliseconds between two writes. */
  diskMs: number
}>

/** The guest's UUID: always the same for the same name. */
export function guestUuid(name: string): string {
  const hash = createHash('sha256').update(`anneal tick guest ${name}`).digest('hex')
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-${variant}${hash.slice(18, 20)}-${hash.slice(20, 32)}`
}

export function consoleLogPath(name: string): string {
  return `${instanceDirectory(name)}/console.log`
}

export function tickPath(name: string): string {
  return `${instanceDirectory(name)}/tick`
}

/** What the guest says of each block that it has written and flushed. */
export function diskTickPath(name: string): string {
  return `${instanceDirectory(name)}/disk-tick`
}

/** The disk of a guest that boots a sector, or that lives. */
export function diskPath(name: string): string {
  return `${instanceDirectory(name)}/disk`
}

export const DEFAULT_TICK_MS = 20

/**
 * A domain for a machine without KVM (TCG). The ticks leave by a character device that libvirt does not know of, so
 * that they measure the guest alone: nothing that happens to libvirt or virtlogd can stop them.
 */
export function domainXml(spec: GuestSpec): string {
  const { name, boots = 'kernel', machine = 'pc', emulator = '/usr/bin/qemu-system-x86_64', life } = spec
  const { memoryMiB = boots === 'kernel' ? 96 : 32, tickMs = DEFAULT_TICK_MS } = spec
  const log = consoleLogPath(name)
  const port =
    spec.console === 'logd'
      ? `<serial type='pty'><log file='${log}' append='off'/><target port='0'/></serial>`
      : `<serial type='file'><source path='${log}'/><target port='0'/></serial>`
  return `<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>${name}</name>
  <uuid>${guestUuid(name)}</uuid>
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='${machine}'>hvm</type>
    ${boots === 'kernel' ? kernel(tickMs, life) : `<boot dev='hd'/>`}
  </os>${boots === 'kernel' ? '' : HPET}
  <features><acpi/></features>
  <cpu mode='custom'><model>qemu64</model></cpu>
  <on_reboot>destroy</on_reboot>
  <devices>
    <emulator>${emulator}</emulator>
    ${port}${boots === 'kernel' && life === undefined ? '' : disk(name)}${life === undefined ? '' : card(name, life)}
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-chardev'/>
    <qemu:arg value='file,id=tick,path=${tickPath(name)},append=on'/>
    <qemu:arg value='-device'/>
    <qemu:arg value='isa-serial,chardev=tick,index=1'/>${life === undefined ? '' : diskTicks(name)}
  </qemu:commandline>
</domain>
`
}

function diskTicks(name: string): string {
  return `
    <qemu:arg value='-chardev'/>
    <qemu:arg value='file,id=disktick,path=${diskTickPath(name)},append=on'/>
    <qemu:arg value='-device'/>
    <qemu:arg value='isa-serial,chardev=disktick,index=2'/>`
}

/** The address of the guest's network card: always the same for the same name. */
export function guestMac(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex')
  return ['52:54:00', digits.slice(0, 2), digits.slice(2, 4), digits.slice(4, 6)].join(':')
}

function card(name: string, { bridge, neutronPort }: GuestLife): string {
  // As Nova writes it.
  const port =
    neutronPort === undefined
      ? ''
      : `<virtualport type='openvswitch'><parameters interfaceid='${neutronPort}'/></virtualport>`
  return `
    <interface type='bridge'>
      <mac address='${guestMac(name)}'/><source bridge='${bridge}'/>${port}<model type='virtio'/>
    </interface>`
}

/** `no_timer_check`: on a busy machine TCG is too late for the kernel's test of its timer, and that panics. */
function kernel(tickMs: number, life: GuestLife | undefined): string {
  const alive = life === undefined ? '' : ` disk=${life.diskMs} address=${life.address}`
  return `<kernel>${GUEST_KERNEL_DIRECTORY}/vmlinuz</kernel>
    <initrd>${GUEST_KERNEL_DIRECTORY}/initrd.gz</initrd>
    <cmdline>console=ttyS0 quiet no_timer_check rdinit=/init tick=${tickMs}${alive}</cmdline>`
}

/** The boot sector dates its ticks by it. */
const HPET = `
  <clock offset='utc'><timer name='hpet' present='yes'/></clock>`

function disk(name: string): string {
  return `
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='${diskPath(name)}'/><target dev='vda' bus='virtio'/>
    </disk>`
}
